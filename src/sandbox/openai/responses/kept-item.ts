/** Items as the vendor keeps them: with an id, and messages with their content in parts. What is sealed is read here. */
import { hashOf } from '../../hash.ts'
import { Refusal } from '../../refusal.ts'
import type { Item, MessageItem } from './item-fields.ts'
import type { KeptItem } from './stored-response.ts'

/** The items of an input. `id` is of the response or conversation that they come with; `from` is how many it has. */
export function keptItems(input: string | readonly Item[], id: string, from = 0): readonly KeptItem[] {
  const items: readonly Item[] = typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : input
  return items.map((item, at) => {
    const known = item.id ?? itemId(prefixes[item.type] ?? 'item', id, inputFrom + from + at)
    if (item.type === 'message')
      return { ...item, content: contentOf(item), status: item.status ?? 'completed', id: known }
    return { ...item, id: known }
  })
}

/** The id of the item at place `at` of a response or a conversation; whose it is can be told from it. */
export const itemId = (prefix: string, id: string, at: number): string =>
  `${prefix}_${id.slice(id.indexOf('_') + 1)}${at.toString(16).padStart(4, '0')}`

/** So that what a response is given and what it puts out have no id in common. */
const inputFrom = 0x8000

/** How the ids of items begin, by type. */
export const prefixes: { readonly [type in Item['type']]?: string } = {
  message: 'msg',
  function_call: 'fc',
  function_call_output: 'fco',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctco',
  reasoning: 'rs',
  compaction: 'cmp',
  web_search_call: 'ws',
  image_generation_call: 'ig',
}

const contentOf = ({ role, content }: MessageItem): MessageItem['content'] =>
  typeof content !== 'string'
    ? content
    : role === 'assistant'
      ? [{ type: 'output_text', text: content, annotations: [], logprobs: [] }]
      : [{ type: 'input_text', text: content }]

/** What only the account that made it can read again; its contents are told to nobody. */
export const sealed = (content: string, owner: string): string => {
  const text = `${hashOf(owner)} ${content}`
  return `gAAAAAB${Buffer.from(`${text} ${hashOf(text)}`).toString('base64url')}`
}

/** What was sealed; null where it is nothing that was sealed here. */
export function unsealed(seal: string): { readonly owner: number; readonly content: string } | null {
  if (!seal.startsWith('gAAAAAB')) return null
  const [, text = '', owner, content = '', hash] =
    /^((\d+) (.*)) (\d+)$/s.exec(Buffer.from(seal.slice(7), 'base64url').toString()) ?? []
  return hash === String(hashOf(text)) ? { owner: Number(owner), content } : null
}

/** Refuses with 400 sealed items that were made elsewhere, or by nobody. */
export function refuseForeignSeals(items: readonly KeptItem[], owner: string): void {
  for (const item of items) {
    if (item.type !== 'reasoning' && item.type !== 'compaction') continue
    if (!item.encrypted_content) continue
    const opened = unsealed(item.encrypted_content)
    if (opened?.owner === hashOf(owner)) continue
    const why = opened
      ? 'Encrypted content organization_id did not match the target organization.'
      : 'Encrypted content could not be decrypted or parsed.'
    throw new Refusal(400, `The encrypted content for item ${item.id} could not be verified. Reason: ${why}`, {
      code: 'invalid_encrypted_content',
    })
  }
}
