/** What became of an attempt, in few words that never change: a label of metrics and the `error.type` of spans. */
import type { Attempt } from '../store/store.ts'

export type AttemptOutcome =
  | 'ok'
  | 'refused-3xx'
  | 'refused-4xx'
  | 'refused-429'
  | 'refused-5xx'
  | 'unreadable'
  | 'connection-failed'
  | 'no-room'
  | 'timeout'
  | 'client-left'
  | 'cut'

/** Never the attempt's own words: they are for people, and may change. */
export function outcomeOf({ status, error }: Attempt): AttemptOutcome {
  if (status !== null) return answeredOutcome(status, error)
  switch (error) {
    case 'connection failed':
      return 'connection-failed'
    case 'no room for a connection':
      return 'no-room'
    case 'first-byte':
    case 'idle':
    case 'total':
    case 'drain':
      return 'timeout'
    case 'client-left':
      return 'client-left'
    case null:
    default:
      return 'cut'
  }
}

function answeredOutcome(status: number, error: string | null): AttemptOutcome {
  if (status === 429) return 'refused-429'
  if (status >= 500) return 'refused-5xx'
  if (status >= 400) return 'refused-4xx'
  if (status >= 300) return 'refused-3xx'
  return error === null ? 'ok' : 'unreadable'
}
