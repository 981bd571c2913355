/**
 * Misbehaviour on demand: `[[sandbox: key=value key=value]]` anywhere in the prompt or input, or
 * the header `x-sandbox: key=value key=value`, which wins key by key. Among several in one body the
 * later wins. A directive that does not exist is refused, never ignored: a typo must not pass a test.
 */
import { Refusal } from './refusal.ts'

type Directive<Value> = {
  readonly parse: (text: string) => Value | undefined
  readonly values: string
  readonly help: string
}

const whole = (min: number, max: number, help: string): Directive<number> => ({
  parse: (text) => (/^\d{1,10}$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : undefined),
  values: `${min}…${max}`,
  help,
})
const flag = (help: string): Directive<boolean> => ({
  parse: (text) => ({ '0': false, '1': true })[text],
  values: '0 or 1',
  help,
})
const word = (help: string): Directive<string> => ({ parse: (text) => text || undefined, values: 'a word', help })
const oneOf = <const Word extends string>(words: readonly Word[], help: string): Directive<Word> => ({
  parse: (text) => words.find((candidate) => candidate === text),
  values: words.join(', '),
  help,
})

/** Every directive there is, with what it takes and what it does; the page at `/` prints this table. */
export const directiveTable = {
  status: whole(400, 599, 'refuse with this HTTP status, in the envelope of the dialect'),
  code: word('with status: the error code (OpenAI `code`, Gemini ErrorInfo `reason`), e.g. insufficient_quota'),
  retry_after: whole(0, 86_400, 'with status: seconds, as the retry-after header (Gemini: RetryInfo as well)'),
  latency_ms: whole(0, 600_000, 'wait before the first byte'),
  chunk_ms: whole(0, 60_000, 'wait between the chunks of a stream'),
  reset_after: whole(0, 1_000_000, 'reset the TCP connection after this many chunks; 0: before any byte'),
  truncate_after: whole(0, 1_000_000, 'end the body cleanly after this many chunks: no usage, no [DONE]'),
  stall_after: whole(0, 1_000_000, 'send this many chunks, then nothing until the client leaves'),
  stall: flag('never answer'),
  garbage: flag('200 with a body that is not JSON; in a stream, a broken record after the first chunk'),
  split: flag('cut the body at arbitrary bytes, inside characters and inside `data:`'),
  crlf: flag('end the lines of a stream with CRLF (Gemini streams always do)'),
  unicode: flag('emoji and CJK in the answer'),
  tokens: whole(1, 200_000, 'exactly this many visible output tokens (or the request’s maximum, if less)'),
  reasoning: whole(0, 200_000, 'this many reasoning (thought) tokens'),
  cached: whole(0, 2_000_000, 'report this many prompt tokens as cached'),
  tool: flag('call the tool that the prompt asks for, else the first'),
  refusal: flag('the model declines: OpenAI `refusal` in place of content, Gemini finishReason SAFETY'),
  blocked: flag('block the prompt, as a content policy would: 400, or for Gemini 200 with promptFeedback'),
  ends: oneOf(
    ['failed', 'error', 'filtered'],
    'how a response ends: failed half-way, by an event of its own or by a bare error, or incomplete by its content',
  ),
  async_filter: flag('posing as Azure: annotation chunks with an empty id and a choice without delta'),
  job_ms: whole(
    0,
    86_400_000,
    'how long what is made in the background takes: a response instead of a second, a video instead of four',
  ),
  job: oneOf(['failed', 'stuck', 'lost'], 'how it ends: failed (with `code=`), never, or forgotten by the vendor'),
  job_seconds: whole(1, 1_000, 'how long a video lasts, whatever was asked for'),
  expires_ms: whole(0, 86_400_000, 'how long a file, or what a video comes to, can be fetched, whatever was asked for'),
  served: word('the model the reply says it was served by'),
  tier: word('the service tier the reply says it was served at'),
  usage: oneOf(
    ['none', 'zero', 'garbage', 'huge', 'odd'],
    'leave usage out, or report zeros, nonsense, 10⁹ tokens or odd details beside good figures; the count keeps the truth',
  ),
} as const

type Table = typeof directiveTable
type Key = keyof Table

/** What was asked for; what was not is absent. */
export type Directives = { readonly [K in Key]?: NonNullable<ReturnType<Table[K]['parse']>> }

const nothing: Directives = {}

/** Reads the directives of a request. `body` is its text as sent. Refuses with 400 what is unknown or malformed. */
export function directivesOf(body: string, header: string | undefined): Directives {
  if (header === undefined && !body.includes('[[sandbox:')) return nothing
  const found: Record<string, unknown> = {}
  for (const [, assignments] of body.matchAll(/\[\[sandbox:([^\]]*)\]\]/g)) assign(found, assignments ?? '')
  assign(found, header ?? '')
  return found
}

/** The text without its directives, for an answer that should not talk about them. */
export const withoutDirectives = (text: string): string =>
  text.includes('[[sandbox:') ? text.replaceAll(/\[\[sandbox:[^\]]*\]\]/g, ' ') : text

function assign(found: Record<string, unknown>, assignments: string): void {
  for (const assignment of assignments.split(/\s+|\\n/).filter(Boolean)) {
    const [key = '', value = ''] = assignment.split('=', 2)
    if (!Object.hasOwn(directiveTable, key))
      throw new Refusal(400, `Unknown sandbox directive '${key}'. See GET / of the sandbox.`, {
        code: 'sandbox_directive_unknown',
      })
    const parsed = directiveTable[key as Key].parse(value)
    if (parsed === undefined) {
      throw new Refusal(400, `Sandbox directive '${key}' takes ${directiveTable[key as Key].values}, not '${value}'.`, {
        code: 'sandbox_directive_invalid',
      })
    }
    found[key] = parsed
  }
}
