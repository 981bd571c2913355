/** `POST /v1/embeddings`: input only, so a hold is what the input can count at most. */
import { isListOfObjects, valuesOf, wholeObject } from '../../../../lib/json-text.ts'
import type { Asked, Counted, Reading, JsonBody } from '../../../dialect.ts'
import type { Operation } from '../../../operation.ts'
import { wholeText } from '../../../../lib/json-skeleton.ts'
import { isMembers } from '../../merge-usage.ts'
import { errorInAnswer } from '../../../../upstreams/refusals/error-in-answer.ts'
import { refuseDuplicates } from '../../read-fields.ts'
import { openai, openaiHeaders } from '../envelope.ts'
import { missing, required } from '../fields.ts'
import { bodyNaming } from '../named-body.ts'
import { usageOf } from '../usage.ts'

const utf8 = new TextDecoder()

const isText = (value: unknown): value is string => typeof value === 'string'
const isToken = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isListOf = (value: unknown, is: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(is)
const isTokens = (value: unknown): boolean => isListOf(value, isToken)
/** Checked by hand, up to the first bad item: a schema would collect a problem for each of millions. */
const isInput = (value: unknown): value is Input =>
  isText(value) || isListOf(value, isText) || isTokens(value) || isListOf(value, isTokens)

type Input = string | readonly unknown[]
const expected = 'a string, an array of strings, an array of integers or an array of such arrays'

const billedKeys = new Set(['model', 'input'])
const charsPerToken = 4

export const embeddings: Operation = {
  name: 'embeddings',
  dialect: openai,
  method: 'POST',
  path: '/v1/embeddings',
  kinds: ['embeddings'],
  body: { kind: 'json', bytesMax: 32 * 1024 * 1024 },
  passes: openaiHeaders,
  due: 'at-end',
  effects: 'none',
  read(body) {
    const model = required(body.json['model'], 'model', isText, 'a string')
    if (model === '') throw missing('model')
    required(body.json['input'], 'input', isInput, expected)
    refuseDuplicates(body, billedKeys)
    return asked(model, body)
  },
}

/** Token ids count one each; of a text, no token is less than a byte. */
const tokensMax = (body: JsonBody): number => idsIn(body.json['input']) || body.bytes.length
const tokensGuess = (body: JsonBody): number =>
  idsIn(body.json['input']) || Math.ceil(body.bytes.length / charsPerToken)

/** How many token ids an input has; none where it is text. */
function idsIn(input: unknown): number {
  if (!Array.isArray(input) || typeof input[0] === 'string') return 0
  return Array.isArray(input[0]) ? (input as unknown[][]).reduce((sum, { length }) => sum + length, 0) : input.length
}

function textIn(input: unknown): string {
  const texts = Array.isArray(input) ? (input as unknown[]) : [input]
  return texts.filter((text) => typeof text === 'string').join('\n')
}

const asked = (model: string, body: JsonBody): Asked => ({
  target: { kind: 'model', name: model },
  demand: {
    input: { max: tokensMax(body), isAssumed: false, guess: tokensGuess(body) },
    output: null,
    judged: null,
    pieces: {},
    tiers: ['standard'],
    prompt: () => ({
      text: wholeText(textIn(body.json['input']), body.strings),
      other: { input: idsIn(body.json['input']) },
    }),
  },
  wire: {
    path: () => '/embeddings',
    body: (change) => bodyNaming(body, change, 'embeddings'),
    answer: { kind: 'whole', read: readAnswer },
  },
  effects: 'none',
  affinity: () => null,
})

/** Reads the members around the vectors and skips the vectors: a batch of them is megabytes of numbers. */
function readAnswer(answer: Uint8Array): Reading {
  const text = utf8.decode(answer)
  const members = wholeObject(text)
  if (!isListOfObjects(text, members, 'data') || !areVectors(text)) throw new Error('an embeddings answer has data')
  const { model, usage, error, errors } = valuesOf(text, members, ['model', 'usage', 'error', 'errors'])
  if (errorInAnswer({ error, errors }, true)) throw new Error('an embeddings answer has no error')
  return {
    ...counted(usage),
    servedModel: typeof model === 'string' ? model : null,
    tier: null,
    vendorUsage: usage ?? null,
    output: () => ({ text: '', other: {} }),
  }
}

const key = '"embedding"'
/** Numbers, whatever each of them is, or base64 of them. */
const vector = /\s*:\s*(?:\[\s*[^\]\s]|"[^"])/y
const colon = /\s*:/y

/**
 * Whether there are vectors and none of them is nothing: `null` or empty (ggml-org/llama.cpp#13854). How many there are
 * is not judged: some models make one of a whole list.
 */
function areVectors(text: string): boolean {
  let many = 0
  for (let at = text.indexOf(key); at !== -1; at = text.indexOf(key, at + 1)) {
    vector.lastIndex = colon.lastIndex = at + key.length
    if (vector.test(text)) {
      many += 1
      // One letter is found far faster than the key, and a vector is long.
      at = Math.max(at, text.indexOf(text[vector.lastIndex - 2] === '"' ? '"' : ']', vector.lastIndex))
      // Elsewhere it is what an object says that it is.
    } else if (colon.test(text)) return false
  }
  return many > 0
}

/** Some vendors count the total alone (Voyage, Jina), which is the prompt where nothing comes out. */
function counted(usage: unknown): Counted {
  const told = usageOf(usage)
  if (told.usage !== null || !isMembers(usage)) return told
  return { ...usageOf({ ...usage, prompt_tokens: usage['total_tokens'] }), mismatch: told.mismatch }
}
