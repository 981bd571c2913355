/** Which model ids the OpenAI side answers to, and the snapshot names it answers with. */
import { isKnownModel, type Exchange } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import { freeJson, type Reply } from '../reply.ts'

const chatFamilies = ['gpt-', 'gemini-'] as const
const embeddingFamilies = ['text-embedding-', 'gemini-embedding-'] as const
const allFamilies = [...chatFamilies, ...embeddingFamilies, 'sora-'] as const

/** A sample for `GET /models`; any other id of a known family works as well. */
const listed = [
  'gpt-5.4',
  'gpt-5.4-mini',
  'gpt-5.4-nano',
  'gpt-5.2',
  'gpt-5.1',
  'gpt-5',
  'gpt-5-mini',
  'gpt-5-nano',
  'gpt-4.1',
  'gpt-4.1-mini',
  'gpt-4.1-nano',
  'gpt-4o',
  'gpt-4o-mini',
  'gpt-image-2',
  'sora-2',
  'text-embedding-3-small',
  'text-embedding-3-large',
]

const snapshots: Readonly<Record<string, string>> = {
  'gpt-5.4': 'gpt-5.4-2026-03-05',
  'gpt-5.4-mini': 'gpt-5.4-mini-2026-03-17',
  'gpt-5.4-nano': 'gpt-5.4-nano-2026-03-17',
}

/** The name a reply gives to the model that served it. */
export const snapshotOf = (model: string): string => snapshots[model] ?? model

/** The tier served for the tier asked for: `fast` is the newer name of priority. */
export function tierOf(asked: string | null | undefined): string {
  if (asked === 'fast') return 'priority'
  return !asked || asked === 'auto' ? 'default' : asked
}

/** Refuses with 404 what is not a chat model. */
export function requireChatModel(model: string): void {
  if (!isKnownModel(model, chatFamilies) || model.startsWith('gpt-image-')) throw notFound(model)
}

/** Refuses with 404 what is not a chat model of OpenAI's own. */
export function requireOpenaiChatModel(model: string): void {
  if (model.startsWith('gemini-')) throw notFound(model)
  requireChatModel(model)
}

/** Refuses with 404 what is not an embedding model. */
export function requireEmbeddingModel(model: string): void {
  if (!isKnownModel(model, embeddingFamilies)) throw notFound(model)
}

/** GET /models */
export const listModels = (): Reply => freeJson({ object: 'list', data: listed.map(describe) })

/** GET /models/{id} */
export function retrieveModel(_: Exchange, model: string): Reply {
  if (!isKnownModel(model, allFamilies)) throw notFound(model)
  return freeJson(describe(model))
}

const describe = (id: string): object => ({ id, object: 'model', created: 1_763_800_000, owned_by: 'sandbox' })

/** OpenAI's 404 for a model. */
export const notFound = (model: string): Refusal =>
  new Refusal(404, `The model \`${model}\` does not exist or you do not have access to it.`, {
    code: 'model_not_found',
    param: 'model',
  })
