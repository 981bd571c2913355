/** `mart config check`: what a configuration file comes to. */
import { loadCatalog } from '../catalog/catalog.ts'
import models from '../catalog/models.json' with { type: 'json' }
import { checkConfigFile, overlaidCatalogData, type MartFile } from '../config.ts'
import { operationsFor } from '../gateway/operations.ts'
import { pricesSchema } from '../money/price-book-data.ts'
import type { Mode } from '../store/store.ts'
import type { Command } from './command-line.ts'
import { facts } from './text.ts'

const check: Command = {
  words: ['config', 'check'],
  positionals: ['[FILE]'],
  flags: {},
  summary: 'Check a configuration file, or the one a start would use; needs no server',
  async run({ positionals }, { env }) {
    const { path, file } = checkConfigFile(positionals[0] ?? null, env, pricesSchema)
    const json = { ok: true, file: path, ...summaryOf(file) }
    return { json, text: summaryText(json), ok: true }
  },
}

type Summary = {
  /** null: there is none. */
  readonly file: string | null
  readonly providers: number
  readonly deployments: { readonly enabled: number; readonly disabled: number }
  /** Of the keys that the figures are for: live ones, once a real provider is configured. */
  readonly mode: Mode
  /** Catalog ids by region policy: what a key of that policy and mode can ask for. */
  readonly models: Readonly<Record<string, readonly string[]>>
  /** Models of the catalog's list that could be asked for, and that no deployment serves to them. */
  readonly unserved: readonly string[]
}

function summaryOf(config: MartFile): Omit<Summary, 'file'> {
  const { providers, deployments, regions } = config
  const data = overlaidCatalogData(models, config)
  const { find } = loadCatalog(data)
  const catalog = data.filter(({ id }) => operationsFor(find(id)!).length > 0)
  const isSimulated = (provider: string): boolean => providers[provider]!.kind === 'sandbox'
  const mode = Object.keys(providers).every(isSimulated) ? 'test' : 'live'
  const enabled = deployments.filter((deployment) => deployment.enabled)
  const serving = enabled.filter(({ provider }) => isSimulated(provider) === (mode === 'test'))
  const servedIn = (serves: readonly string[]): string[] =>
    catalog
      .filter(({ id }) => serving.some(({ model, region }) => serves.includes(region) && (model ?? id) === id))
      .map(({ id }) => id)
  const byPolicy = Object.entries(regions).map(([policy, { serves }]) => [policy, servedIn(serves)] as const)
  const served = new Set(byPolicy.flatMap(([, ids]) => ids))
  return {
    providers: Object.keys(providers).length,
    deployments: { enabled: enabled.length, disabled: deployments.length - enabled.length },
    mode,
    models: Object.fromEntries(byPolicy),
    unserved: catalog.filter(({ id, listed }) => listed && !served.has(id)).map(({ id }) => id),
  }
}

function summaryText({ file, providers, deployments, mode, models, unserved }: Summary): string {
  const { enabled, disabled } = deployments
  return [
    file === null ? 'There is no mart.yaml here: a start would use the defaults.' : `${file} is valid.`,
    '',
    facts([
      ['providers', String(providers)],
      ['deployments', disabled === 0 ? String(enabled) : `${enabled}, and ${disabled} not enabled`],
      ...Object.entries(models).map(([policy, ids]): [string, string] => [
        `${mode} models in ${policy}`,
        listText(ids),
      ]),
    ]),
    ...unservedText(unserved, new Set(Object.values(models).flat()).size),
  ].join('\n')
}

/** Where most of the catalog has no deployment, that is as it is meant to be, and a list would only hide the rest. */
function unservedText(unserved: readonly string[], served: number): string[] {
  if (unserved.length === 0) return []
  if (unserved.length <= served) return ['', `Note: no deployment serves ${unserved.join(', ')}.`]
  return ['', `Note: ${unserved.length} other models of the catalog have no deployment.`]
}

const listText = (ids: readonly string[]): string => (ids.length === 0 ? 'none' : `${ids.length}: ${ids.join(', ')}`)

export const configCommands: readonly Command[] = [check]
