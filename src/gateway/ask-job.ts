import type { JobState } from '../money/reservations.ts'
import type { Reservation } from '../store/reservations.ts'
import type { GatewayDeps } from './deps.ts'
import { operations } from './operations.ts'

/** Asks a provider what became of a job, as the operation that began it says; an operation that this version does not know cannot be asked. */
export async function askJob(reservation: Reservation, signal: AbortSignal, deps: GatewayDeps): Promise<JobState> {
  const { endpoint, dialect } = reservation.settlement
  const operation = operations.find((each) => each.name === endpoint && each.dialect.name === dialect)
  if (operation?.askJob) return operation.askJob(reservation, signal, deps)
  return { state: 'unreachable', reason: `nobody here knows how ${dialect} ${endpoint} is asked for its job` }
}
