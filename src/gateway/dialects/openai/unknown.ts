/** What OpenAI says of ids that it does not know. One that is somebody else's is said to be unknown as well. */
import type { Reference } from '../../dialect.ts'
import { GatewayError, invalid } from '../../errors.ts'

type Unknown = Reference['unknown']

const shown = (id: string): string => id.slice(0, 80)
const notFound =
  (words: string, param: string | null = null): Unknown =>
  () =>
    new GatewayError('not_found', words, { vendorCode: null, ...(param !== null && { param }) })

export const unknownResponse = (id: string): Unknown => notFound(`Response with id '${shown(id)}' not found.`)
export const unknownConversation = (id: string): Unknown => notFound(`Conversation with id '${shown(id)}' not found.`)
export const unknownCompletion = (id: string): Unknown =>
  notFound(`Completion with id '${shown(id)}' not found.`, 'completion_id')
export const unknownVideo = (id: string): Unknown => notFound(`Video with id '${shown(id)}' not found.`)
export const unknownCharacter = (id: string): Unknown => notFound(`Character with id '${shown(id)}' not found.`)
export const unknownPrevious =
  (id: string): Unknown =>
  () =>
    invalid(
      'previous_response_id',
      `Previous response with id '${shown(id)}' not found.`,
      'previous_response_not_found',
    )
export const unknownItem = (id: string): Unknown =>
  notFound(
    `Item with id '${shown(id)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    'input',
  )
export const unknownFile = (id: string, field: string): Unknown => notFound(`No such File object: ${shown(id)}`, field)
/** Of a thing whose maker nobody knows, and that several may have made. */
export const unknownMaker =
  (field: string): Unknown =>
  () =>
    invalid(
      field,
      'This reasoning is encrypted, and only the account that made it can read it, which is not known here. Leave the item out, or begin the conversation anew.',
    )
