/** `:countTokens`: free, so it passes through without a hold; the body is the upstream's to judge. */
import type { FreeOperation } from '../../operation.ts'
import { genai, genaiHeaders } from './envelope.ts'
import { bodyBytesMax } from './generate.ts'

export const countTokens: FreeOperation = {
  name: 'countTokens',
  dialect: genai,
  method: 'POST',
  path: '/genai/v1beta/models/{model}:countTokens',
  kinds: ['text', 'image'],
  body: { kind: 'json', bytesMax: bodyBytesMax },
  passes: genaiHeaders,
  due: 'free',
  effects: 'none',
  upstreamPath: (model) => `/models/${encodeURIComponent(model)}:countTokens`,
}
