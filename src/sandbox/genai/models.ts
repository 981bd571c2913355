/** Which model ids the Gemini side answers to, what kind they are, and what their pictures cost. */
import { isKnownModel, type Exchange } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import { freeJson, type Reply } from '../reply.ts'

/** A sample for `GET /models`; any other id that starts with `gemini-` works as well. */
const listed = [
  'gemini-3.5-flash',
  'gemini-3.1-pro-preview',
  'gemini-3.1-flash-lite',
  'gemini-3-flash-preview',
  'gemini-2.5-pro',
  'gemini-2.5-flash',
  'gemini-2.5-flash-lite',
  'gemini-3-pro-image',
  'gemini-3.1-flash-image',
  'gemini-2.5-flash-image',
]

/** Refuses with 404 what Google would not know. */
export function requireGeminiModel(model: string, version: string, method: string): void {
  if (isKnownModel(model, ['gemini-'])) return
  throw new Refusal(
    404,
    `models/${model} is not found for API version ${version}, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
  )
}

/** True for models that draw. */
export const isImageModel = (model: string): boolean => /-image(-preview)?$/.test(model)

/** True for models that spend thoughts unless told not to. */
export const isThinkingModel = (model: string): boolean =>
  /^gemini-(2\.5|[3-9])/.test(model) && !model.startsWith('gemini-2.5-flash-image')

/** https://ai.google.dev/gemini-api/docs/models */
function inputTokensMax(model: string): number {
  if (!isImageModel(model)) return 1_048_576
  return model.startsWith('gemini-3.1-flash-image') ? 131_072 : 65_536
}

/** Refuses with 400 a prompt that is longer than the model reads. */
export function refuseBeyondContext(model: string, promptTokens: number): void {
  const most = inputTokensMax(model)
  if (promptTokens > most)
    throw new Refusal(
      400,
      `The input token count (${promptTokens}) exceeds the maximum number of tokens allowed (${most}).`,
    )
}

const pictureTokens: readonly (readonly [prefix: string, bySize: Readonly<Record<string, number>>])[] = [
  ['gemini-2.5-flash-image', { '1K': 1_290 }],
  ['gemini-3-pro-image', { '1K': 1_120, '2K': 1_120, '4K': 2_000 }],
  ['', { '0.5K': 747, '1K': 1_120, '2K': 1_680, '4K': 2_520 }],
]

/** Output tokens of one picture, or undefined where the model does not make that size. */
export const pictureTokensOf = (model: string, size: string): number | undefined =>
  pictureTokens.find(([prefix]) => model.startsWith(prefix))?.[1][size]

/** GET /models */
export const listGeminiModels = (): Reply => freeJson({ models: listed.map(describe) })

/** GET /models/{model} */
export function getGeminiModel(_: Exchange, version: string, model: string): Reply {
  requireGeminiModel(model, version, 'getModel')
  return freeJson(describe(model))
}

const describe = (model: string): object => ({
  name: `models/${model}`,
  version: '001',
  displayName: model,
  description: 'Simulated by the sandbox.',
  inputTokenLimit: inputTokensMax(model),
  outputTokenLimit: isImageModel(model) ? 32_768 : 65_536,
  supportedGenerationMethods: ['generateContent', 'countTokens'],
  thinking: isThinkingModel(model),
})
