/**
 * Calls for pictures, of a text or of pictures. One cannot be made shorter, so what credit does not cover is refused
 * with what it would cover; see docs/decisions/0017-pictures.md.
 */
import type { AnswerReader, Asked, Demand, Fit, Reading, Reference, Wire } from '../../../dialect.ts'
import { isWithin, missing, optional, optionalInteger, outOfRange, required } from '../fields.ts'
import { imagesAsStream, readImages, type Wish } from './answer.ts'
import { partialTokens, pictureTokensMax, qualities } from './image-tokens.ts'
import { followImages } from './stream.ts'

/** What is wished for, whichever way it is to be made. */
export type PicturesWish = Wish & {
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

export const billedKeys: ReadonlySet<string> = new Set([
  'model',
  'prompt',
  'n',
  'size',
  'quality',
  'stream',
  'partial_images',
])

/** What the vendor puts around a prompt. */
export const scaffoldTokensMax = 64

/** Reads it; problems are told in this order. Throws `invalid_request`. */
export function wishIn(fields: Readonly<Record<string, unknown>>): PicturesWish {
  const model = required(fields['model'], 'model', isText, 'a string')
  if (model === '') throw missing('model')
  return {
    model,
    prompt: required(fields['prompt'], 'prompt', isText, 'a string'),
    n: heldUpTo(picturesHeldMax, 'n', optionalInteger(fields['n'], 'n', picturesRange) ?? 1, picturesRange),
    quality: optional(fields['quality'], 'quality', isText, 'a string'),
    size: optional(fields['size'], 'size', isText, 'a string'),
    streamed: optional(fields['stream'], 'stream', isFlag, 'a boolean') ?? false,
    partials: heldUpTo(
      partialsHeldMax,
      'partial_images',
      optionalInteger(fields['partial_images'], 'partial_images', partialsRange) ?? 0,
      partialsRange,
    ),
  }
}

function heldUpTo(most: number, path: string, value: number, range: typeof picturesRange): number {
  if (value > most) throw outOfRange(path, value, range)
  return value
}

/** How they are to be made, and of what. */
export type Making = Pick<Demand, 'input' | 'prompt'> & {
  /** As the events of a stream are called. */
  readonly name: 'generation' | 'edit'
  readonly wire: Pick<Wire, 'path' | 'body' | 'contentType'>
  /** What it names by id. */
  readonly references?: readonly Reference[]
}

export function askedPictures(wish: PicturesWish, { name, input, prompt, wire, references = [] }: Making): Asked {
  const answers = Math.max(1, wish.n)
  const tokensPerPicture = tokensPerPictureMax(wish)
  return {
    target: { kind: 'model', name: wish.model, references },
    demand: {
      input,
      output: {
        max: tokensPerPicture * answers,
        answers,
        // A part of a picture is none.
        floor: tokensPerPicture,
        fitting: (tokens) => fittingIn(tokens, wish),
      },
      judged: judgedIn(wish),
      pieces: {},
      tiers: ['standard'],
      prompt,
    },
    wire: { ...wire, answer: answerReader(wish, answers, name) },
    effects: 'none',
    affinity: () => null,
  }
}

function answerReader(wish: PicturesWish, answers: number, name: Making['name']): AnswerReader {
  const read = (answer: Uint8Array): Reading => readImages(answer, wish)
  if (!wish.streamed) return { kind: 'whole', read }
  return {
    kind: 'records',
    framing: 'sse',
    follow: (_headers, { recordBytesMax }) => followImages(wish, answers, recordBytesMax),
    read,
    asStream: (answer) => imagesAsStream(answer, name),
  }
}

const tokensPerPictureMax = (wish: PicturesWish): number =>
  pictureTokensMax(wish.model, wish) + (wish.streamed ? partialTokens * Math.max(0, wish.partials) : 0)

function judgedIn({ n, partials }: PicturesWish): Demand['judged'] {
  if (!isWithin(n, picturesRange)) return outOfRange('n', n, picturesRange)
  return isWithin(partials, partialsRange) ? null : outOfRange('partial_images', partials, partialsRange)
}

/** What of a call so many output tokens would do for: fewer pictures of the kind, else as many of a lower quality, else one. */
function fittingIn(outputTokens: number, wish: PicturesWish): Fit | null {
  const many = Math.floor(outputTokens / tokensPerPictureMax(wish))
  if (many >= 1 && many < wish.n) return fitOf(many, wish.quality)
  for (const n of new Set([wish.n, 1]))
    for (const quality of qualities.toReversed())
      if (n * tokensPerPictureMax({ ...wish, quality }) <= outputTokens) return fitOf(n, quality)
  return null
}

const fitOf = (n: number, quality: string | null): Fit => ({
  words: `ask for what it covers at this size: n ${n}${quality === null ? '' : `, quality ${quality}`}`,
  facts: { fitting_n: String(n), ...(quality !== null && { fitting_quality: quality }) },
})
