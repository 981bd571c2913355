/** What the context of a response costs and asks, counted as a chat's is. */
import { withoutDirectives } from '../../directives.ts'
import { promptOf, type Modality, type Prompt } from '../../prompt.ts'
import { Refusal } from '../../refusal.ts'
import { ruleOf } from '../model-rules.ts'
import type { ContentPart, Item } from './item-fields.ts'
import { unsealed } from './kept-item.ts'
import type { ResponseCall } from './response-fields.ts'
import { textIn } from './tools.ts'

type Counted = Pick<ResponseCall, 'tools' | 'text' | 'instructions' | 'truncation'> & {
  readonly model?: string | null | undefined
}

/** Counts a context. Tools come first, as they do in the vendor's own prompt. */
export function responsePrompt(call: Counted, items: readonly Item[]): Prompt {
  const format = call.text?.format
  const definitions = [call.tools, format?.type === 'json_schema' ? format : undefined]
    .filter((given) => given !== undefined && given !== null)
    .map((given) => JSON.stringify(given))
  const told = call.instructions ? [call.instructions] : []
  const prompt = (kept: readonly Item[]): Prompt =>
    promptOf({
      texts: [...definitions, ...told, ...kept.flatMap(textsOf)],
      messages: told.length + kept.filter(({ type }) => type !== 'reasoning').length,
      attachments: kept.flatMap(attachmentsOf),
      question: questionIn(items),
    })
  return withinContext(call, items, prompt)
}

/** How many pictures came with what was asked last. */
export const imagesIn = (items: readonly Item[]): number => {
  const last = lastAsked(items)
  return last ? attachmentsOf(last).filter((kind) => kind === 'IMAGE').length : 0
}

const lastAsked = (items: readonly Item[]): Item | undefined =>
  items.findLast((item) => item.type === 'message' && item.role === 'user') ?? items.at(-1)

/** What was asked last. */
function questionIn(items: readonly Item[]): string {
  const last = lastAsked(items)
  return withoutDirectives(last ? textsOf(last).join(' ') : '')
}

/** The prompt, without its oldest items where `truncation` allows it; refuses with 400 what is longer than the model reads. */
function withinContext(
  { model, truncation }: Counted,
  items: readonly Item[],
  prompt: (kept: readonly Item[]) => Prompt,
): Prompt {
  const context = model ? ruleOf(model)?.context : undefined
  const tokensMax = context === undefined ? Infinity : 'inputTokens' in context ? context.inputTokens : context.together
  let made = prompt(items)
  for (let left = items; made.tokens > tokensMax; made = prompt(left)) {
    if (truncation !== 'auto' || left.length === 0)
      throw new Refusal(
        400,
        'Your input exceeds the context window of this model. Please adjust your input and try again.',
        { param: 'input', code: 'context_length_exceeded' },
      )
    left = left.slice(Math.ceil(left.length / 10))
  }
  return made
}

/** The texts of an item that the prompt is made of. What is of tools that the sandbox never calls is there as JSON. */
function textsOf(item: Item): readonly string[] {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check
  switch (item.type) {
    case 'message':
      return [textIn(item.content)]
    case 'function_call':
      return [item.name, item.arguments]
    case 'custom_tool_call':
      return [item.name, item.input]
    case 'function_call_output':
    case 'custom_tool_call_output':
      return [textIn(item.output)]
    case 'reasoning':
      return item.summary.map(({ text }) => text)
    case 'compaction':
      return [unsealed(item.encrypted_content)?.content ?? '']
    case 'web_search_call':
      return [JSON.stringify(item.action)]
    case 'image_generation_call':
    case 'item_reference':
      return []
    default:
      return [JSON.stringify(item)]
  }
}

const modalities: { readonly [type in ContentPart['type']]?: Exclude<Modality, 'TEXT'> } = {
  input_image: 'IMAGE',
  input_file: 'DOCUMENT',
  input_audio: 'AUDIO',
}

function attachmentsOf(item: Item): readonly Exclude<Modality, 'TEXT'>[] {
  if (item.type === 'image_generation_call') return item.result ? ['IMAGE'] : []
  const content = item.type === 'message' ? item.content : 'output' in item ? item.output : ''
  return Array.isArray(content) ? (content as readonly ContentPart[]).flatMap(({ type }) => modalities[type] ?? []) : []
}
