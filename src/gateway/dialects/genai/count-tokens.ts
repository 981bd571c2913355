/** `:countTokens`: free, so it is served without a hold; what its body says is the upstream's to judge. */
import type { Asked, JsonBody } from '../../dialect.ts'
import type { Operation } from '../../operation.ts'
import { unmetered } from '../unmetered.ts'
import { genai, genaiHeaders } from './envelope.ts'
import { bodyBytesMax } from './generate.ts'
import { refuseReferences } from './references.ts'

export const countTokens: Operation = {
  name: 'countTokens',
  dialect: genai,
  method: 'POST',
  path: '/genai/v1beta/models/{model}:countTokens',
  kinds: ['text', 'image'],
  body: { kind: 'json', bytesMax: bodyBytesMax },
  passes: genaiHeaders,
  due: 'free',
  effects: 'none',
  read(body, { model = '' }) {
    refuseReferences(body)
    return asked(body, model)
  },
}

const asked = ({ bytes, text, strings }: JsonBody, model: string): Asked => ({
  target: { kind: 'model', name: model },
  demand: null,
  wire: {
    path: (upstreamModel) => `/models/${encodeURIComponent(upstreamModel)}:countTokens`,
    body: ({ rewrite }) =>
      rewrite ? strings.expand(rewrite(text, { dialect: 'genai', operation: 'countTokens' })) : bytes,
    answer: unmetered,
  },
  effects: 'none',
  affinity: () => null,
})
