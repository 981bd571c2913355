/** The text of chat messages, of prompts and of answers, under every name that upstreams give to a part of it. */

type Fields = Readonly<Record<string, unknown>>

/** Every text of the choices of an answer or of a chunk; some servers give a whole message in a stream, or a bare text. */
export const choicesText = (choices: unknown): string =>
  listOf(choices)
    .map((choice) => {
      const { delta, message, text } = fieldsOf(choice)
      return messageText(delta ?? message) + stringOf(text)
    })
    .join('')

/** Every text of a message or of a delta that a model reads or has written. */
export function messageText(message: unknown): string {
  const fields = fieldsOf(message)
  return (
    contentText(fields['content']) +
    stringOf(fields['refusal']) +
    reasoningText(fields) +
    callText(fields['function_call']) +
    listOf(fields['tool_calls']).map(toolCallText).join('') +
    stringOf(fieldsOf(fields['audio'])['transcript'])
  )
}

/** A text, or parts: `text`, `refusal`, and Mistral's `thinking` with parts of its own. */
function contentText(content: unknown, depth = 0): string {
  if (!Array.isArray(content)) return stringOf(content)
  return (content as readonly unknown[])
    .map((part) => {
      const { text, refusal, thinking } = fieldsOf(part)
      const inner = depth < partDepthMax ? contentText(thinking, depth + 1) : ''
      return stringOf(part) + stringOf(text) + stringOf(refusal) + inner
    })
    .join('')
}
const partDepthMax = 4

/**
 * `reasoning_content`: DeepSeek, Qwen, SGLang. `reasoning`: vLLM (vllm-project/vllm#27755), Groq. `reasoning_details`:
 * OpenRouter. `thinking`, `thinking_blocks`: LiteLLM. `thought`: translators of Gemini. Several of them tell the same
 * text, for clients old and new, so the longest counts.
 */
export function reasoningText(fields: Fields): string {
  let longest = ''
  for (const name of reasoningNames) {
    if (!(name in fields)) continue
    const value = fields[name]
    const text = Array.isArray(value) ? value.map(blockText).join('') : blockText(value)
    if (text.length > longest.length) longest = text
  }
  return longest
}
const reasoningNames = [
  'reasoning_content',
  'reasoning',
  'reasoning_text',
  'reasoning_details',
  'thinking',
  'thinking_blocks',
  'thought',
  'thoughts',
] as const

/** A text, or a block of it: `text`, `summary`, `thinking`, `content`; what is encrypted is no text. */
function blockText(block: unknown): string {
  const { text, summary, thinking, content } = fieldsOf(block)
  return stringOf(block) + stringOf(text) + stringOf(summary) + stringOf(thinking) + stringOf(content)
}

/** A call of a function, of a custom tool, or in the older shape. Some servers give the arguments as an object. */
const toolCallText = (call: unknown): string =>
  callText(fieldsOf(call)['function']) + callText(fieldsOf(call)['custom'])

function callText(call: unknown): string {
  const { name, arguments: given, input } = fieldsOf(call)
  return (
    stringOf(name) +
    stringOf(input) +
    (typeof given === 'object' && given !== null ? JSON.stringify(given) : stringOf(given))
  )
}

const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : none
const none: Fields = {}
