/** What one part of `mart.yaml` says about another: checked, then resolved. */
import type { ModelKind } from '../catalog/catalog.ts'
import models from '../catalog/models.json' with { type: 'json' }
import type { DialectName, ProviderKind } from '../upstreams/deployment.ts'
import { dialectsOf, onAbortOf } from '../upstreams/providers.ts'
import { residencyProblem } from '../upstreams/residency.ts'
import { closestNames } from '../lib/closest.ts'
import type { MartFileData } from './file-schema.ts'

type DeploymentData = MartFileData['deployments'][number]

/** One of `deployments`. */
export type DeploymentConfig = Readonly<
  Omit<DeploymentData, 'name' | 'model' | 'onAbort'> & {
    name: string
    /** Catalog id; null: every model of its provider's dialects. */
    model: string | null
    onAbort: 'drain' | 'cut'
  }
>

/** `mart.yaml`, checked and resolved. */
export type MartFile = Readonly<
  Omit<MartFileData, 'defaults' | 'deployments'> & {
    defaults: Readonly<Omit<MartFileData['defaults'], 'region'> & { region: string }>
    deployments: readonly DeploymentConfig[]
  }
>

/** Something wrong, at its place. `name`: how the name there is wrong; without it, the value is. */
export type Problem = {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly name?: 'unknown' | 'taken'
}

/** All that is wrong, in the order of the file's sections. */
export const problemsOf = (file: MartFileData): readonly Problem[] => [
  ...defaultsProblems(file),
  ...whetherItServes(file),
  ...file.deployments.flatMap((deployment, index) => deploymentProblems(file, deployment, index)),
  ...nameProblems(file.deployments),
  ...policyProblems(file),
  ...aliasProblems(file),
  ...unknownModels(['lifecycle'], file.lifecycle),
  ...unknownModels(['priceBook', 'models'], file.priceBook.models),
  ...Object.keys(file.priceBook.models).flatMap((id) => priceProblems(file, id)),
]

/** The file with what follows from it; for one without problems. */
export function resolved(file: MartFileData): MartFile {
  const names = namesOf(file.deployments)
  return {
    ...file,
    defaults: { ...file.defaults, region: file.defaults.region ?? regionByDefault },
    deployments: file.deployments.map((deployment, index) => ({
      ...deployment,
      name: names[index]!,
      model: deployment.model === everyModel ? null : modelOf(file, deployment.model)!.id,
      onAbort: deployment.onAbort ?? onAbortOf(file.providers[deployment.provider]!.kind),
    })),
  }
}

/** Every region that a policy serves, once. */
export const servedRegions = ({ regions }: Pick<MartFileData, 'regions'>): readonly string[] => [
  ...new Set(Object.values(regions).flatMap(({ serves }) => serves)),
]

// ---- Models --------------------------------------------------------------------------------------

const everyModel = '*'
const modelById: ReadonlyMap<string, (typeof models)[number]> = new Map(models.map((model) => [model.id, model]))
const catalogNames: ReadonlySet<string> = new Set(models.flatMap(({ id, snapshots }) => [id, ...snapshots]))

const modelOf = ({ aliases }: MartFileData, name: string) =>
  modelById.get(name) ?? (Object.hasOwn(aliases, name) ? modelById.get(aliases[name]!) : undefined)

const closestModels = (name: string, others: readonly string[] = []): string =>
  `such as ${closestNames(name, [...modelById.keys(), ...others]).join(', ')}`

const unknownModels = (path: readonly string[], byModel: Readonly<Record<string, unknown>>): Problem[] =>
  Object.keys(byModel)
    .filter((id) => !modelById.has(id))
    .map((id) => ({ path: [...path, id], name: 'unknown', message: `a model of the catalog, ${closestModels(id)}` }))

const aliasProblems = ({ aliases }: MartFileData): Problem[] =>
  Object.entries(aliases).flatMap(([alias, target]): Problem[] => {
    const path = ['aliases', alias]
    if (catalogNames.has(alias)) return [{ path, name: 'taken', message: 'a name that the catalog does not have' }]
    return modelById.has(target) ? [] : [{ path, message: `a model of the catalog, ${closestModels(target)}` }]
  })

/** What a model makes must have a price, or it would be given away. */
const pricedClasses: Readonly<Record<ModelKind, readonly string[]>> = {
  text: ['input', 'output'],
  image: ['input', 'imageOutput'],
  video: ['videoSecond'],
  embeddings: ['input'],
}

function priceProblems({ priceBook }: MartFileData, id: string): Problem[] {
  const needed = pricedClasses[(modelById.get(id)?.kind ?? 'embeddings') as ModelKind]
  return (priceBook.models[id]!.prices ?? []).flatMap(({ tiers }, period) =>
    Object.entries(tiers).flatMap(([tier, rows = []]) =>
      rows.flatMap(({ usdPerMillion, usdPerPiece }, row) => {
        const missing = needed.filter((each) => (usdPerMillion[each] ?? usdPerPiece[each]) === undefined)
        const path = ['priceBook', 'models', id, 'prices', period, 'tiers', tier, row]
        return missing.length === 0 ? [] : [{ path, message: `a row with a price for ${missing.join(' and ')}` }]
      }),
    ),
  )
}

// ---- Regions -------------------------------------------------------------------------------------

const regionByDefault = 'us'

const anyOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`

function defaultsProblems({ defaults, regions }: MartFileData): Problem[] {
  if (Object.hasOwn(regions, defaults.region ?? regionByDefault)) return []
  return [{ path: ['defaults', 'region'], message: anyOf(Object.keys(regions)) }]
}

const policyProblems = ({ regions }: MartFileData): Problem[] =>
  Object.entries(regions).flatMap(([policy, { mayChoose }]) => {
    const others = Object.keys(regions).filter((other) => other !== policy)
    const message = others.length > 0 ? anyOf(others) : 'nothing, because there is no other policy'
    return mayChoose.flatMap((chosen, index) =>
      others.includes(chosen) ? [] : [{ path: ['regions', policy, 'mayChoose', index], message }],
    )
  })

// ---- Deployments ---------------------------------------------------------------------------------

function whetherItServes({ providers, deployments }: MartFileData): Problem[] {
  if (Object.keys(providers).length > 0 && deployments.length === 0)
    return [{ path: ['deployments'], message: 'at least one deployment, because there are providers' }]
  if (deployments.length > 0 && deployments.every(({ enabled }) => !enabled))
    return [{ path: ['deployments', 0, 'enabled'], message: 'true for at least one deployment' }]
  return []
}

function deploymentProblems(file: MartFileData, deployment: DeploymentData, index: number): Problem[] {
  const problem = (field: keyof DeploymentData, message: string): Problem => ({
    path: ['deployments', index, field],
    message,
  })
  const { providers } = file
  const known = Object.keys(providers)
  const regions = servedRegions(file)
  if (!Object.hasOwn(providers, deployment.provider)) {
    const names = closestNames(deployment.provider, known).join(', ')
    return [problem('provider', `a name of \`providers\`, ${names === '' ? 'which are none' : `such as ${names}`}`)]
  }
  const provider = providers[deployment.provider]!
  const wrongModel = modelProblem(file, deployment.model, provider.kind)
  const elsewhere = residencyProblem(provider, deployment.region)
  return [
    ...(elsewhere === null ? [] : [problem('provider', elsewhere)]),
    ...(wrongModel === null ? [] : [problem('model', wrongModel)]),
    ...(regions.includes(deployment.region)
      ? []
      : [problem('region', `a region that a policy serves: ${anyOf(regions)}`)]),
  ]
}

/** Whose models a kind of provider serves. What Google offers in the OpenAI dialect are its own models, which are of genai. */
const servedDialects = (kind: ProviderKind): readonly DialectName[] =>
  kind === 'google-ai-studio' ? ['genai'] : dialectsOf(kind)

function modelProblem(file: MartFileData, name: string, kind: ProviderKind): string | null {
  if (name === everyModel && kind === 'sandbox') return null
  const model = modelOf(file, name)
  if (!model)
    return name === everyModel
      ? 'a model of the catalog or an alias; only a sandbox serves every model'
      : `a model of the catalog or an alias, ${closestModels(name, Object.keys(file.aliases))}`
  const served: readonly string[] = servedDialects(kind)
  if (served.includes(model.dialect)) return null
  return `a model of the ${anyOf(served)} dialect, which is what ${kind} speaks; ${model.id} is of ${model.dialect}`
}

// ---- Names of deployments ------------------------------------------------------------------------

const nameCharsMax = 63

/** A deployment's own name, or provider and model, and region where that is not enough. */
function namesOf(deployments: readonly DeploymentData[]): readonly string[] {
  const short = deployments.map((deployment) => deployment.name ?? shortName(deployment))
  const isUnique = (name: string): boolean => short.indexOf(name) === short.lastIndexOf(name)
  return deployments.map(({ name, region }, index) => {
    if (name !== undefined || isUnique(short[index]!)) return short[index]!
    return `${short[index]!.slice(0, nameCharsMax - 1 - region.length)}-${region}`
  })
}

const shortName = ({ provider, model, region }: DeploymentData): string =>
  `${provider}-${model === everyModel ? region : model.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`.slice(
    0,
    nameCharsMax,
  )

function nameProblems(deployments: readonly DeploymentData[]): Problem[] {
  const names = namesOf(deployments)
  return names.flatMap((name, index) => {
    const first = names.indexOf(name)
    const message = `a name of its own; deployments.${first} is ${name} already`
    return first === index ? [] : [{ path: ['deployments', index, 'name'], message }]
  })
}
