import type { GatewayDeps } from './deps.ts'
import type { Call } from './operation.ts'
import type { Deadlines } from './watch.ts'

/** The deadlines of a call: those of its kind of model, and those of text where it has none. */
export const deadlinesOf = ({ model }: Pick<Call, 'model'>, deps: Pick<GatewayDeps, 'deadlinesFor'>): Deadlines =>
  deps.deadlinesFor(model?.kind ?? 'text')
