/** `POST /v1/images/generations`: pictures of a text, whole or as a stream; see docs/decisions/0017-pictures.md. */
import { wholeText } from '../../../../lib/json-skeleton.ts'
import type { Operation } from '../../../operation.ts'
import { refuseDuplicates } from '../../read-fields.ts'
import { openai, openaiHeaders } from '../envelope.ts'
import { bodyNaming } from '../named-body.ts'
import { askedPictures, billedKeys, scaffoldTokensMax, wishIn } from './pictures.ts'

const charsPerToken = 4

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
    const wish = wishIn(body.json)
    refuseDuplicates(body, billedKeys)
    return askedPictures(wish, {
      name: 'generation',
      input: {
        // A token is at least one byte of text, and JSON never makes text shorter.
        max: body.bytes.length + scaffoldTokensMax,
        isAssumed: false,
        guess: Math.ceil(body.bytes.length / charsPerToken),
      },
      prompt: () => ({ text: wholeText(wish.prompt, body.strings), other: {} }),
      wire: {
        path: () => '/images/generations',
        body: (change) => bodyNaming(body, change, 'images.generations'),
      },
    })
  },
}
