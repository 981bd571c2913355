/** What refusals of all vendors have in common: reading them, and telling a client of them. */
import type { Fault, Refused } from '../deployment.ts'
import type { Scrub } from '../scrub.ts'
import { isObject, type Json } from './json-value.ts'

/** Whose refusals they are: what must not be told of them, and the time, epoch ms, that waits are counted from. */
export type Account = { readonly scrub: Scrub; readonly now: () => number }

/** No vendor's error is that long, or nested that deep; what is may be a page of somebody else's. */
const bodyBytesMax = 64 * 1024
const levelsMax = 32

/** The body as JSON: as it came, and the object in it; null where it is none. */
export function readError(body: Uint8Array): { readonly sent: unknown; readonly json: Json | null } {
  const sent = body.length > bodyBytesMax ? null : parsed(new TextDecoder().decode(body))
  // Google puts the errors of array streams, and of its OpenAI-compatible endpoint, into a list.
  const value: unknown = Array.isArray(sent) ? sent[0] : sent
  return { sent, json: isObject(value) ? value : null }
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isWithin(value, levelsMax) ? value : null
  } catch {
    // HTML of a proxy, or text: nothing of it is for clients.
    return null
  }
}

const isWithin = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((each) => isWithin(each, levels - 1)))

/** An envelope as it may be told: the very bytes that came, unless something had to change. */
export function told(refused: Refused, envelope: Json, { scrub }: Account): Uint8Array {
  const { sent, json } = readError(refused.body)
  const scrubbed = scrub(envelope, refused)
  // Google writes the error of an array stream as a list of one, which is what its SDKs expect there.
  const isList = refused.dialect === 'genai' && json !== null && Array.isArray(sent)
  const text = JSON.stringify(isList ? [scrubbed] : scrubbed)
  return text === JSON.stringify(sent) ? refused.body : new TextEncoder().encode(text)
}

/** What a status says by itself (https://www.rfc-editor.org/rfc/rfc9110#section-15). */
export function faultOfStatus(status: number): Fault {
  switch (status) {
    case 401:
    case 403:
      return 'credential'
    // Our account has no money: DeepSeek and OpenRouter say it like this.
    case 402:
      return 'quota'
    // A proxy on our own way.
    case 407:
      return 'upstream'
    case 408:
    case 504:
      return 'timeout'
    case 409:
      return 'conflict'
    case 410:
      return 'missing'
    case 429:
      return 'rate'
    default:
      return status >= 400 && status < 500 ? 'client' : 'upstream'
  }
}

export const neutralMessage = (status: number): string => `The model answered with status ${status}.`
