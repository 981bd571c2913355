/**
 * `POST /v1/images/generations`: pictures of a text, whole or as a stream. A picture cannot be made shorter, so what
 * credit does not cover is refused with what it would cover; see docs/decisions/0017-pictures.md.
 */
import { wholeText } from '../../../../lib/json-skeleton.ts'
import type { AnswerReader, Asked, Demand, Fit, JsonBody, Reading } from '../../../dialect.ts'
import type { Operation } from '../../../operation.ts'
import { refuseDuplicates } from '../../read-fields.ts'
import { openai, openaiHeaders } from '../envelope.ts'
import { isWithin, missing, optional, optionalInteger, outOfRange, required } from '../fields.ts'
import { bodyNaming } from '../named-body.ts'
import { imagesAsStream, readImages, type Wish } from './answer.ts'
import { partialTokens, pictureTokensMax, qualities } from './image-tokens.ts'
import { followImages } from './stream.ts'

type Generation = Wish & {
  readonly prompt: string
  readonly n: number
  readonly streamed: boolean
  readonly partials: number
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'

/** OpenAI's. Others may take more, which is held for up to a bound. */
const picturesRange = { min: 1, max: 10 }
const picturesHeldMax = 128
const partialsRange = { min: 0, max: 3 }
const partialsHeldMax = 128

const billedKeys = new Set(['model', 'prompt', 'n', 'size', 'quality', 'stream', 'partial_images'])

export const imageGenerations: Operation = {
  name: 'images.generations',
  dialect: openai,
  method: 'POST',
  path: '/v1/images/generations',
  kinds: ['image'],
  body: { kind: 'json', bytesMax: 4 * 1024 * 1024 },
  passes: openaiHeaders,
  due: 'at-end',
  effects: 'none',
  read(body) {
    const generation = generationOf(body.json)
    refuseDuplicates(body.text, billedKeys)
    return asked(generation, body)
  },
}

/** In the order in which problems are told. */
function generationOf(json: JsonBody['json']): Generation {
  const model = required(json['model'], 'model', isText, 'a string')
  if (model === '') throw missing('model')
  return {
    model,
    prompt: required(json['prompt'], 'prompt', isText, 'a string'),
    n: heldUpTo(picturesHeldMax, 'n', optionalInteger(json['n'], 'n', picturesRange) ?? 1, picturesRange),
    quality: optional(json['quality'], 'quality', isText, 'a string'),
    size: optional(json['size'], 'size', isText, 'a string'),
    streamed: optional(json['stream'], 'stream', isFlag, 'a boolean') ?? false,
    partials: heldUpTo(
      partialsHeldMax,
      'partial_images',
      optionalInteger(json['partial_images'], 'partial_images', partialsRange) ?? 0,
      partialsRange,
    ),
  }
}

function heldUpTo(most: number, path: string, value: number, range: typeof picturesRange): number {
  if (value > most) throw outOfRange(path, value, range)
  return value
}

/** What the vendor puts around a prompt. */
const scaffoldTokensMax = 64
const charsPerToken = 4

function asked(generation: Generation, body: JsonBody): Asked {
  const answers = Math.max(1, generation.n)
  const tokensPerPicture = tokensPerPictureMax(generation)
  return {
    target: { kind: 'model', name: generation.model },
    demand: {
      input: {
        // A token is at least one byte of text, and JSON never makes text shorter.
        max: body.bytes.length + scaffoldTokensMax,
        isAssumed: false,
        guess: Math.ceil(body.bytes.length / charsPerToken),
      },
      output: {
        max: tokensPerPicture * answers,
        answers,
        // A part of a picture is none.
        floor: tokensPerPicture,
        fitting: (tokens) => fittingIn(tokens, generation),
      },
      judged: judgedIn(generation),
      pieces: {},
      tiers: ['standard'],
      prompt: () => ({ text: wholeText(generation.prompt, body.strings), other: {} }),
    },
    wire: {
      path: () => '/images/generations',
      body: (change) => bodyNaming(body, change, 'images.generations'),
      answer: answerReader(generation, answers),
    },
    effects: 'none',
    affinity: () => null,
  }
}

function answerReader(generation: Generation, answers: number): AnswerReader {
  const read = (answer: Uint8Array): Reading => readImages(answer, generation)
  if (!generation.streamed) return { kind: 'whole', read }
  return {
    kind: 'records',
    framing: 'sse',
    follow: (_headers, { recordBytesMax }) => followImages(generation, answers, recordBytesMax),
    read,
    asStream: imagesAsStream,
  }
}

const tokensPerPictureMax = (generation: Generation): number =>
  pictureTokensMax(generation.model, generation) +
  (generation.streamed ? partialTokens * Math.max(0, generation.partials) : 0)

function judgedIn({ n, partials }: Generation): Demand['judged'] {
  if (!isWithin(n, picturesRange)) return outOfRange('n', n, picturesRange)
  return isWithin(partials, partialsRange) ? null : outOfRange('partial_images', partials, partialsRange)
}

/** What of a call so many output tokens would do for: fewer pictures of the kind, else as many of a lower quality, else one. */
function fittingIn(outputTokens: number, generation: Generation): Fit | null {
  const many = Math.floor(outputTokens / tokensPerPictureMax(generation))
  if (many >= 1 && many < generation.n) return fitOf(many, generation.quality)
  for (const n of new Set([generation.n, 1]))
    for (const quality of qualities.toReversed())
      if (n * tokensPerPictureMax({ ...generation, quality }) <= outputTokens) return fitOf(n, quality)
  return null
}

const fitOf = (n: number, quality: string | null): Fit => ({
  words: `ask for what it covers at this size: n ${n}${quality === null ? '' : `, quality ${quality}`}`,
  facts: { fitting_n: String(n), ...(quality !== null && { fitting_quality: quality }) },
})
