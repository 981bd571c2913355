/**
 * A plain answer with pictures. Each is megabytes of base64 that nobody here looks at: they are skipped, and what stands
 * around them is read.
 */
import {
  elementsOf,
  isListOfObjects,
  membersOf,
  valuesOf,
  wholeObject,
  type Member,
} from '../../../../lib/json-text.ts'
import { errorInAnswer } from '../../../../upstreams/refusals/error-in-answer.ts'
import type { Reading } from '../../../dialect.ts'
import { pictureTokens, type Picture } from './image-tokens.ts'
import { imageUsageOf } from './usage.ts'

const utf8 = new TextDecoder()

/** What was asked for: what an answer does not say of its pictures is as it was asked. */
export type Wish = Picture & { readonly model: string }

/** Reads the usage of an answer; throws when it has no pictures. */
export function readImages(answer: Uint8Array, wish: Wish): Reading {
  const text = utf8.decode(answer)
  const members = wholeObject(text)
  const { usage, error, model, ...told } = valuesOf(text, members, ['usage', 'error', 'model', 'quality', 'size'])
  if (errorInAnswer({ error }, true)) throw new Error('an answer with pictures has no error')
  const pictures = picturesIn(text, members).map(() => pictureOf(told, wish))
  return {
    ...imageUsageOf(usage),
    servedModel: typeof model === 'string' ? model : null,
    tier: null,
    vendorUsage: usage ?? null,
    output: () => ({ text: '', other: { imageOutput: tokensOf(pictures, wish) } }),
    images: pictures.length,
  }
}

/** A picture as an answer describes it. */
export const pictureOf = (told: Readonly<Record<string, unknown>>, wish: Picture): Picture => ({
  quality: said(told['quality']) ?? wish.quality,
  size: said(told['size']) ?? wish.size,
})
const said = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** What so many pictures count. */
export const tokensOf = (pictures: readonly Picture[], { model }: Wish): number =>
  pictures.reduce((sum, picture) => sum + pictureTokens(model, picture), 0)

/** Where each picture of an answer begins; throws where there is none. One may be left out, by a filter or because it is at an address (brainlid/langchain#368). */
function picturesIn(text: string, members: readonly Member[]): readonly number[] {
  if (!isListOfObjects(text, members, 'data')) throw new Error('an answer with pictures has data')
  const { start } = members.findLast(({ key }) => key === 'data')!
  const pictures = elementsOf(text, start).filter((element) => text[element] === '{' && hasPicture(text, element))
  if (pictures.length === 0) throw new Error('an answer with pictures has one')
  return pictures
}

const hasPicture = (text: string, element: number): boolean =>
  membersOf(text, element).some(({ key, start, end }) => places.has(key) && text[start] === '"' && end - start > 2)
const places: ReadonlySet<string> = new Set(['b64_json', 'url'])

/** An answer as the stream that was asked for: an event for each picture, usage in the last. Nothing of a picture is written anew. */
export function imagesAsStream(answer: Uint8Array, name: 'generation' | 'edit'): Uint8Array {
  const completedType = `image_${name}.completed`
  const text = utf8.decode(answer)
  const members = wholeObject(text)
  const starts = picturesIn(text, members)
  const about = members.filter(({ key }) => key !== 'data' && key !== 'usage').map((each) => memberText(text, each))
  const usage = members.filter(({ key }) => key === 'usage').map((each) => memberText(text, each))
  const events = starts.map((start, at) => {
    const picture = membersOf(text, start).map((each) => memberText(text, each))
    const parts = [...picture, ...about, ...(at === starts.length - 1 ? usage : [])]
    return `event: ${completedType}\ndata: {${[`"type":"${completedType}"`, ...parts].join(',')}}\n\n`
  })
  return new TextEncoder().encode(events.join(''))
}

/** A member for one line of an event; a stream calls the time `created_at`. */
const memberText = (text: string, { key, start, end }: Member): string =>
  `${JSON.stringify(key === 'created' ? 'created_at' : key)}:${oneLine(text.slice(start, end))}`

/** JSON has line ends between its tokens alone. */
const oneLine = (json: string): string => json.replaceAll(/[\r\n]+/g, ' ')
