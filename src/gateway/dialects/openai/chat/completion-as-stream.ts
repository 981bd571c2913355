/**
 * A whole completion as the stream that was asked for: some servers overlook `stream: true`, and an SDK that reads a
 * stream sees nothing at all in a piece of JSON. This is the one answer that is written anew.
 */
import { isMembers } from '../../merge-usage.ts'
import { choicesOf } from './choices.ts'

const utf8 = new TextDecoder()

/** One chunk with all of it, one with its usage where the client asked for that, and the end. `answer`: a completion that could be read. */
export function completionAsStream(answer: Uint8Array, passUsage: boolean): Uint8Array {
  const { usage, choices, ...about } = JSON.parse(utf8.decode(answer)) as Readonly<Record<string, unknown>>
  const chunk = { ...about, object: 'chat.completion.chunk' }
  const chunks: object[] = [{ ...chunk, choices: choicesOf(choices).map(asDelta) }]
  if (passUsage && isMembers(usage)) chunks.push({ ...chunk, choices: [], usage })
  const records = [...chunks.map((each) => JSON.stringify(each)), '[DONE]']
  return new TextEncoder().encode(records.map((record) => `data: ${record}\n\n`).join(''))
}

/** Deltas number their tool calls, which SDKs put together by. */
function asDelta(choice: object): object {
  const { message, ...others } = choice as { readonly message?: unknown }
  if (!isMembers(message)) return choice
  const calls: unknown = message['tool_calls']
  const numbered = Array.isArray(calls) && { tool_calls: calls.map((call, index) => ({ index, ...(call as object) })) }
  return { ...others, delta: { ...message, ...numbered } }
}
