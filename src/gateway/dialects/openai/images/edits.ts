/**
 * `POST /v1/images/edits`: pictures of pictures and a text, as a form or as JSON, whole or as a stream. What is asked and
 * answered is as with generations; what goes in is counted besides.
 */
import type { FormBody, JsonBody, Reference } from '../../../dialect.ts'
import { wholeText } from '../../../../lib/json-skeleton.ts'
import { formLimits } from '../../../../lib/form/contract.ts'
import type { Operation } from '../../../operation.ts'
import { isMembers } from '../../merge-usage.ts'
import { refuseDuplicates } from '../../read-fields.ts'
import { openai, openaiHeaders } from '../envelope.ts'
import { emptyArray, missing, required, wrongType } from '../fields.ts'
import { fieldsOf, fileIdsIn, filesOf } from '../form-fields.ts'
import { bodyNaming } from '../named-body.ts'
import { refuseRepeatedFiles } from '../repeated-ids.ts'
import { unknownFile } from '../unknown.ts'
import { givenTokens, givenTokensMax } from './image-tokens.ts'
import { askedPictures, billedKeys, scaffoldTokensMax, wishIn, type Making, type PicturesWish } from './pictures.ts'

/** OpenAI takes sixteen pictures and a mask, of 50 MB each. */
const pictureBytesMax = 50 * 1024 * 1024
const formBytesMax = 17 * pictureBytesMax + formLimits.fieldsBytesMax

export const imageEdits: Operation = {
  name: 'images.edits',
  dialect: openai,
  method: 'POST',
  path: '/v1/images/edits',
  kinds: ['image'],
  body: {
    kind: 'form',
    bytesMax: 64 * 1024 * 1024,
    formBytesMax,
    limits: { ...formLimits, fileBytesMax: pictureBytesMax },
  },
  passes: openaiHeaders,
  due: 'at-end',
  effects: 'none',
  read(body) {
    const wish = wishIn(body.json)
    refuseDuplicates(body, jsonKeys)
    refuseRepeatedFiles(body)
    const prompt = wholeText(wish.prompt, body.strings)
    const pictures = picturesIn(body)
    return askedPictures(wish, {
      ...madeOf(wish, prompt, pictures.length),
      references: pictures.flatMap(({ field, value }) => fileIn(field, value)),
      wire: { path, body: (change) => bodyNaming(body, change, 'images.edits') },
    })
  },
  readForm(body) {
    const wish = wishIn(fieldsOf(body, billedKeys, kinds))
    return askedPictures(wish, {
      ...madeOf(wish, wish.prompt, filesIn(body)),
      references: fileIdsIn(body),
      wire: {
        path,
        body: ({ upstreamModel }) =>
          body.form.source(upstreamModel === null ? body.changes : { ...body.changes, model: upstreamModel }),
        contentType: body.form.contentType,
      },
    })
  },
}

const kinds = { n: 'integer', partial_images: 'integer', stream: 'boolean' } as const
const jsonKeys = new Set([...billedKeys, 'images', 'mask'])
const path = (): string => '/images/edits'
const charsPerToken = 4

/** What goes in: a text, and so many pictures. */
function madeOf(wish: PicturesWish, prompt: string, pictures: number): Omit<Making, 'wire'> {
  const textBytes = Buffer.byteLength(prompt)
  const tokens = pictures * givenTokens(wish.model)
  return {
    name: 'edit',
    input: {
      // A token is at least one byte of text.
      max: textBytes + scaffoldTokensMax + pictures * givenTokensMax(wish.model),
      isAssumed: false,
      guess: Math.ceil(textBytes / charsPerToken) + tokens,
    },
    prompt: () => ({ text: prompt, other: { imageInput: tokens } }),
  }
}

/** However a file is called, it may be taken for a picture. */
function filesIn(body: FormBody): number {
  if (filesOf(body, 'image').length > 0) return body.form.parts.filter(({ filename }) => filename !== null).length
  const isField = body.form.parts.some(({ steps }) => steps[0] === 'image')
  throw isField ? wrongType('image', 'a file', '') : missing('image')
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

/** Each picture that JSON names, the mask among them. */
function picturesIn({ json }: JsonBody): readonly Named[] {
  const images = required(json['images'], 'images', isList, 'an array of objects')
  if (images.length === 0) throw emptyArray('images')
  const { mask } = json
  const named = images.map((value, at) => ({ field: `images[${at}]`, value }))
  return mask === undefined || mask === null ? named : [...named, { field: 'mask', value: mask }]
}
type Named = { readonly field: string; readonly value: unknown }

function fileIn(path: string, value: unknown): readonly Reference[] {
  const id = isMembers(value) ? value['file_id'] : null
  if (typeof id !== 'string') return []
  const field = `${path}.file_id`
  return [{ kind: 'file', id, field, unknown: unknownFile(id, field) }]
}
