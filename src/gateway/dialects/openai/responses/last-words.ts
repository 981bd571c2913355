/** The event that ends a stream whose upstream broke off. */
import { isMembers } from '../../merge-usage.ts'
import type { Fields } from './items.ts'

/**
 * `response.failed`, as the vendor has it, of the response that the stream began: the same id, the next number. The
 * error stands beside it as well, because that is where both SDKs look for what they must throw; whoever reads events
 * finds it in the response. A stream that had not named its response gets the flat error event instead.
 */
export function lastWordsOf(envelope: string, response: Fields, sequenceNumber: number): string {
  const error = errorIn(envelope)
  const { code = null, message = '', param = null } = error
  if (typeof response['id'] !== 'string') {
    return eventOf({ type: 'error', sequence_number: sequenceNumber, code, message, param, error })
  }
  const failed = { ...response, status: 'failed', error: { code: code ?? 'server_error', message }, usage: null }
  return eventOf({ type: 'response.failed', sequence_number: sequenceNumber, response: failed, error })
}

function errorIn(envelope: string): Fields {
  const { error } = JSON.parse(envelope) as { readonly error: unknown }
  return isMembers(error) ? error : {}
}

/** An event as a record of a stream. */
const eventOf = (event: Fields & { readonly type: string }): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
