/** `mart deployment`, and `mart config` of the running server. */
import type {
  ConfigurationJson,
  DeploymentJson,
  DeploymentTestJson,
  HourJson,
  ListJson,
  ReloadJson,
} from '../control/contract.ts'
import type { Command } from './command-line.ts'
import { count, table } from './text.ts'

const list: Command = {
  words: ['deployment', 'list'],
  positionals: [],
  flags: {},
  summary: 'Show every deployment and how it does',
  async run(_line, { server }) {
    const json = await server().ask<ListJson<DeploymentJson>>('GET', '/deployments')
    const cells = json.data.map((each) => [
      each.id,
      each.model ?? 'every model',
      each.region,
      `${each.state}${each.restMs > 0 ? ` for ${Math.ceil(each.restMs / 1000)} s` : ''}`,
      count(each.inFlight),
      p95Of(each.lastHour),
      faultsOf(each.lastHour),
    ])
    const headings = ['ID', 'MODEL', 'REGION', 'STATE', 'IN FLIGHT', 'FIRST BYTE P95', 'FAILED IN THE LAST HOUR']
    const heading = table(headings, cells, ['IN FLIGHT', 'FIRST BYTE P95'])
    const reasons = json.data.flatMap(({ id, lastFault }) => (lastFault ? [`${id}: ${lastFault.words}`] : []))
    return { json, text: [heading, ...(reasons.length > 0 ? ['', ...reasons] : [])].join('\n'), ok: true }
  },
}

const p95Of = ({ firstByteMs }: HourJson): string => (firstByteMs === null ? '–' : `${Math.round(firstByteMs.p95)} ms`)

/** `3 of 120: 2 rate, 1 timeout`. */
function faultsOf({ calls, failures, faults }: HourJson): string {
  if (calls === 0) return '–'
  const kinds = Object.entries(faults).map(([fault, many]) => `${many} ${fault}`)
  return `${failures} of ${count(calls)}${failures === 0 ? '' : `: ${kinds.join(', ')}`}`
}

const steer = (word: 'drain' | 'resume', summary: string, done: string): Command => ({
  words: ['deployment', word],
  positionals: ['ID'],
  flags: {},
  summary,
  async run({ positionals: [id] }, { server }) {
    const json = await server().ask<DeploymentJson>('POST', `/deployments/${encodeURIComponent(id!)}/${word}`, {})
    return { json, text: `${json.id} ${done}; ${json.inFlight} in flight.`, ok: true }
  },
})

const test: Command = {
  words: ['deployment', 'test'],
  positionals: ['ID'],
  flags: {},
  summary: 'Ask a deployment for a few tokens, at your own cost: whether its address, credential and model are good',
  async run({ positionals: [id] }, { server }) {
    const json = await server().ask<DeploymentTestJson>('POST', `/deployments/${encodeURIComponent(id!)}/test`, {})
    const { ok, words, endpoint, model, ms } = json
    return { json, text: `${ok ? '✓' : '✗'} ${words} (${endpoint} of ${model}, ${Math.round(ms)} ms)`, ok }
  },
}

const show: Command = {
  words: ['config', 'show'],
  positionals: [],
  flags: {},
  summary: 'Show the configuration as it is in force, and where each value comes from; secrets as their references',
  async run(_line, { server }) {
    const json = await server().ask<ConfigurationJson>('GET', '/configuration')
    const named = json.environment.map(({ name, value, source, isSecret }) => [
      name,
      isSecret && source === 'environment' ? '(secret)' : (value ?? '–'),
      source,
    ])
    const settings = json.settings.map(({ path, value, source }) => [path, JSON.stringify(value), source])
    const waiting = json.needRestart.length === 0 ? [] : ['', notInEffect(json.needRestart)]
    const lines = [
      json.file ?? 'There is no mart.yaml: these are the defaults.',
      '',
      table(['NAME', 'VALUE', 'FROM'], [...named, ...settings]),
    ]
    return { json, text: [...lines, ...waiting].join('\n'), ok: true }
  },
}

const notInEffect = (settings: readonly string[]): string =>
  `Not yet in effect: ${settings.join(', ')}; start the server again for that.`

const reload: Command = {
  words: ['config', 'reload'],
  positionals: [],
  flags: {},
  summary: 'Have the server read its configuration file again',
  async run(_line, { server }) {
    const json = await server().ask<ReloadJson>('POST', '/config/reload', {})
    return { json, text: json.ok ? reloadText(json) : json.reason, ok: json.ok }
  },
}

function reloadText({ changed, needRestart }: Extract<ReloadJson, { ok: true }>): string {
  const done = changed
    ? 'The new configuration serves.'
    : 'Nothing has changed since the file was last read, which the server does by itself.'
  if (needRestart.length === 0) return done
  return `${done} ${notInEffect(needRestart)}`
}

export const deploymentCommands: readonly Command[] = [
  list,
  steer('drain', 'Send nothing more to a deployment, until it is resumed or the server is started again', 'is drained'),
  steer('resume', 'Use a deployment again', 'is used again'),
  test,
  show,
  reload,
]
