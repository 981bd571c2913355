/** `:countTokens`: free, so it passes through without a hold; the body is the upstream's to judge. */
import type { FreeEndpoint } from '../../serve-free.ts'
import { genai } from './envelope.ts'

export const countTokens: FreeEndpoint = {
  name: 'countTokens',
  dialect: genai,
  bodyBytesMax: 100 * 1024 * 1024,
  upstreamPath: (model) => `/models/${encodeURIComponent(model)}:countTokens`,
}
