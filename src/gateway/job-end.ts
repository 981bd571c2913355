/** How a job has ended that tells its usage as an answer does: its figures are judged as an answer's are. */
import type { Model } from '../catalog/catalog.ts'
import type { JobEnd } from '../money/reservations.ts'
import { inputTokensOf } from '../money/usage.ts'
import type { SettlementFlag } from '../store/store.ts'
import { isVendor, type Deployment } from '../upstreams/deployment.ts'
import type { GatewayDeps } from './deps.ts'
import type { Reading } from './dialect.ts'
import { estimateUsage, type Asking } from './estimate.ts'

type Done = Extract<JobEnd, { readonly state: 'done' }>

/** Of what a job is. `isAssumed`: whether its upstream's own tools may have asked the model again and again. */
export type JobOf = {
  readonly model: string | null
  readonly kind: Deployment['kind'] | null
  readonly isAssumed: boolean
}

type Deps = Pick<GatewayDeps, 'catalog' | 'countTokens'>

/** null where nothing was told and nothing was made: then nothing is owed. */
export async function doneBy(reading: Reading, of: JobOf, deps: Deps): Promise<Done | null> {
  const estimate = await estimateUsage(askingOf(of, deps), reading, deps)
  const usage = estimate ?? reading.usage
  if (usage === null) return null
  const { tier, servedModel, vendorUsage } = reading
  const flags: SettlementFlag[] = []
  if (estimate) flags.push('estimated')
  if (reading.mismatch || (estimate && reading.usage)) flags.push('usage-mismatch')
  if (reading.hasUnknown) flags.push('usage-unknown')
  flags.push(...otherModel(servedModel, of, deps))
  const { images } = reading
  const told = { usage, tier, servedModel, vendorUsage, flags, lacksInput: inputTokensOf(usage) === 0 }
  return { state: 'done', ...told, ...(images && { images }) }
}

/** Whether the vendor says that another model of the catalog served: what is reserved is charged at its own price all the same. */
export function otherModel(
  servedModel: string | null,
  { model, kind }: Pick<JobOf, 'model' | 'kind'>,
  { catalog }: Pick<GatewayDeps, 'catalog'>,
): SettlementFlag[] {
  if (servedModel === null || model === null || kind === null || !isVendor(kind)) return []
  const [asked, served] = [catalog.find(model), catalog.find(servedModel)]
  return asked && !asked.isOwn && served && served.id !== asked.id ? ['other-model-served'] : []
}

/** A model that is in the catalog no more has no limits that are known. */
const unlimited: Pick<Model, 'inputTokensMax' | 'outputTokensMax' | 'contextTokens'> = {
  inputTokensMax: Number.POSITIVE_INFINITY,
  outputTokensMax: Number.POSITIVE_INFINITY,
  contextTokens: null,
}

/** Its prompt is not kept; what it was guessed to count is added where it is settled. */
const askingOf = ({ model, isAssumed }: JobOf, { catalog }: Deps): Asking => ({
  model: (model === null ? null : catalog.find(model)) ?? unlimited,
  demand: {
    input: { max: Number.POSITIVE_INFINITY, isAssumed, guess: 0 },
    output: { max: null, answers: 1, floor: 0 },
    prompt: () => ({ text: '', other: {} }),
  },
})
