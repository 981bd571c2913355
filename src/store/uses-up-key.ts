import type { Settlement } from './store.ts'

/**
 * Whether a request has used up the idempotency key that it was sent with: an answer was given, or something is owed
 * for one. Otherwise the key is free again, because whoever repeats the call gets what was not served.
 */
export const usesUpKey = ({ idempotency, ending, ratedNano }: Settlement): boolean =>
  idempotency !== null && (ending === 'completed' || ending === 'reserved' || ratedNano !== '0')
