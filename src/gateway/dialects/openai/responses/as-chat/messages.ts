/** The items of a response as the messages of a chat: calls and what came of them stand where chat has them. */
import { isFields, listOf, textOf, type Fields } from '../items.ts'
import { chatPart, said } from '../parts.ts'
import { customArguments } from './tools.ts'

/** An assistant's turn: its text and its calls are one message in a chat, and several items in a response. */
type Turn = { content: string; reasoning: string; calls: Fields[] }

/** Instructions are the first message. */
export function messagesOf(instructions: string, items: readonly Fields[]): readonly Fields[] {
  const messages: Fields[] = instructions === '' ? [] : [{ role: 'system', content: instructions }]
  let turn: Turn | null = null
  /** Pictures that tools gave back: a tool's message has text alone, so they follow behind all of those. */
  let pictures: Fields[] = []
  const end = (isOutput: boolean): void => {
    if (turn && saysAny(turn)) messages.push(assistantOf(turn))
    turn = null
    if (isOutput || pictures.length === 0) return
    messages.push({ role: 'user', content: pictures })
    pictures = []
  }
  for (const item of items) {
    if (isAssistants(item)) {
      if (pictures.length > 0) end(false)
      turn = added(turn, item)
      continue
    }
    const output = isOutput(item)
    end(output)
    if (!output) messages.push(messageOf(item))
    else {
      messages.push({ role: 'tool', tool_call_id: item['call_id'], content: outputText(item['output']) })
      pictures.push(...picturesIn(item['output']))
    }
  }
  end(false)
  return messages
}

const isAssistants = ({ type, role }: Fields): boolean =>
  role === 'assistant' || type === 'function_call' || type === 'custom_tool_call' || type === 'reasoning'
const isOutput = ({ type }: Fields): boolean => type === 'function_call_output' || type === 'custom_tool_call_output'

function added(before: Turn | null, item: Fields): Turn {
  const turn = before ?? { content: '', reasoning: '', calls: [] }
  switch (item['type']) {
    case 'function_call':
      turn.calls.push(callOf(item, textOf(item['arguments'])))
      return turn
    case 'custom_tool_call':
      turn.calls.push(callOf(item, customArguments(textOf(item['input']))))
      return turn
    case 'reasoning':
      turn.reasoning += textsOf(item['summary']) || textsOf(item['content'])
      return turn
    default:
      turn.content += textsOf(item['content'])
      return turn
  }
}

/** Gemini wants back what it signed its calls with: `extra_content` (ai.google.dev/gemini-api/docs/thought-signatures). */
const callOf = (item: Fields, given: string): Fields => ({
  id: item['call_id'],
  type: 'function',
  function: { name: item['name'], arguments: given },
  ...said(item, ['extra_content']),
})

/** A turn that only thought is no message: an empty one is refused by some servers (Mistral, Anthropic). */
const saysAny = ({ content, calls }: Turn): boolean => content !== '' || calls.length > 0

/** What it thought goes with its calls alone: DeepSeek asks for it there, and nobody does elsewhere (api-docs.deepseek.com/guides/thinking_mode). */
const assistantOf = ({ content, reasoning, calls }: Turn): Fields => ({
  role: 'assistant',
  content: content === '' && calls.length > 0 ? null : content,
  ...(calls.length > 0 && reasoning !== '' && { reasoning_content: reasoning }),
  ...(calls.length > 0 && { tool_calls: calls }),
})

/** Servers that follow OpenAI know `system`, and not all of them `developer`. */
function messageOf({ role, content }: Fields): Fields {
  const said = role === 'developer' ? 'system' : role
  if (!Array.isArray(content)) return { role: said, content }
  const parts = listOf(content).map(chatPart)
  const isText = parts.length === 1 && parts[0]!['type'] === 'text'
  return { role: said, content: isText ? parts[0]!['text'] : parts }
}

const textsOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : listOf(content)
        .map(({ text, refusal }) => textOf(text) || textOf(refusal))
        .join('')

const outputText = (output: unknown): string => {
  const text = textsOf(output)
  return text === '' && picturesIn(output).length > 0 ? 'The result is in the next message.' : text
}
const picturesIn = (output: unknown): readonly Fields[] =>
  Array.isArray(output) ? listOf(output).map(chatPart).filter(isMedia) : []
const isMedia = (part: unknown): boolean => isFields(part) && part['type'] !== 'text'
