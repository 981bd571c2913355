/** What one piece of a chat's answer says, under whatever names its upstream has for it. */
import { isMembers } from '../../../merge-usage.ts'
import { choicesOf, hasEnded } from '../../chat/choices.ts'
import { reasoningText } from '../../chat/message-text.ts'
import { isFields, listOf, textOf, type Fields } from '../items.ts'

export type CallDelta = {
  /** Which call it is of; null for the only one, or the next. */
  readonly index: number | null
  readonly id: string
  readonly name: string
  readonly given: string
  readonly more: Fields
}

export type Delta = {
  readonly reasoning: string
  readonly text: string
  readonly refusal: string
  readonly annotations: readonly Fields[]
  readonly logprobs: readonly unknown[]
  readonly calls: readonly CallDelta[]
  /** Why it ends; empty while it goes on. */
  readonly reason: string
}

/** Of the first choice of a completion, or of a chunk of one; null where it has none. */
export function deltaOf(chunk: unknown): Delta | null {
  const choice = isMembers(chunk) ? choicesOf(chunk['choices']).find(isFirst) : undefined
  if (!choice) return null
  const { delta, message, logprobs } = choice as Fields
  const said = isFields(delta) ? delta : isFields(message) ? message : {}
  const { text, thinking } = contentOf(said['content'])
  return {
    reasoning: reasoningText(said) || thinking,
    text: text || textOf(isFields(said['audio']) ? said['audio']['transcript'] : ''),
    refusal: textOf(said['refusal']),
    annotations: listOf(said['annotations']).map(annotationOf),
    logprobs:
      isFields(logprobs) && Array.isArray(logprobs['content']) ? (logprobs['content'] as readonly unknown[]) : [],
    calls: callsOf(said),
    reason: hasEnded(choice) ? textOf(choice.finish_reason) : '',
  }
}

const isFirst = ({ index }: { readonly index?: unknown }): boolean => index === undefined || index === 0

/** Mistral's thinking stands among the parts. */
function contentOf(content: unknown): { readonly text: string; readonly thinking: string } {
  if (typeof content === 'string') return { text: content, thinking: '' }
  const parts = listOf(content)
  const join = (read: (part: Fields) => string): string => parts.map(read).join('')
  return {
    text: join(({ text }) => textOf(text)),
    thinking: join(
      ({ thinking }) =>
        textOf(thinking) ||
        listOf(thinking)
          .map(({ text }) => textOf(text))
          .join(''),
    ),
  }
}

/** A chat has the citation in a member that is called like its type. */
function annotationOf({ type, ...others }: Fields): Fields {
  const inner = others[textOf(type)]
  return isFields(inner) ? { type, ...inner } : { type, ...others }
}

function callsOf({ tool_calls: calls, function_call: call }: Fields): readonly CallDelta[] {
  if (isFields(call)) return [callOf({ index: 0, function: call })]
  return listOf(calls).map(callOf)
}

function callOf({ index, id, function: called, custom, ...others }: Fields): CallDelta {
  const { type: _type, ...more } = others
  const { name, arguments: given, input } = isFields(called) ? called : isFields(custom) ? custom : {}
  return {
    index: typeof index === 'number' ? index : null,
    id: textOf(id),
    name: textOf(name),
    // Some servers give the arguments as an object.
    given: isFields(given) ? JSON.stringify(given) : textOf(given) + textOf(input),
    more,
  }
}
