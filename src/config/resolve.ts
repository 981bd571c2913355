/** What one part of `mart.yaml` says about another: checked, then resolved. */
import type { DialectName, ProviderKind } from '../upstreams/deployment.ts'
import { dialectsOf, onAbortOf } from '../upstreams/providers.ts'
import { residencyProblem } from '../upstreams/residency.ts'
import { closestNames } from '../lib/closest.ts'
import type { MartFileData } from './file-schema.ts'
import { modelProblems } from './model-problems.ts'
import { closestModels, modelNamed, type KnownModel } from './known-models.ts'
import type { Problem } from './refusal.ts'

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

/** All that is wrong at `now`, epoch ms, in the order of the file's sections. */
export const problemsOf = (file: MartFileData, now: number): readonly Problem[] => [
  ...defaultsProblems(file),
  ...whetherItServes(file),
  ...file.deployments.flatMap((deployment, index) => deploymentProblems(file, deployment, index)),
  ...nameProblems(file.deployments),
  ...policyProblems(file),
  ...modelProblems(file, now),
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
      model: deployment.model === everyModel ? null : modelNamed(deployment.model, file)!.id,
      onAbort: deployment.onAbort ?? onAbortOf(file.providers[deployment.provider]!.kind),
    })),
  }
}

const everyModel = '*'

/** Every region that a policy serves, once. */
export const servedRegions = ({ regions }: Pick<MartFileData, 'regions'>): readonly string[] => [
  ...new Set(Object.values(regions).flatMap(({ serves }) => serves)),
]

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

/** Whose models a kind of provider serves. What Google offers in the OpenAI dialect are models that the catalog has in genai. */
const servedDialects = (kind: ProviderKind, { isOwn }: Pick<KnownModel, 'isOwn'>): readonly DialectName[] =>
  kind === 'google-ai-studio' && !isOwn ? ['genai'] : dialectsOf(kind)

function modelProblem(file: MartFileData, name: string, kind: ProviderKind): string | null {
  if (name === everyModel && kind === 'sandbox') return null
  const model = modelNamed(name, file)
  if (!model)
    return name === everyModel
      ? 'a model of the catalog or of `models`, or an alias; only a sandbox serves every model'
      : `a model of the catalog or of \`models\`, or an alias, ${closestModels(name, file, Object.keys(file.aliases))}`
  const served: readonly string[] = servedDialects(kind, model)
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
