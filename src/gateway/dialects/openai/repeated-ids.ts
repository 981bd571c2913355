/** Requests that name one thing by two ids, or as two things: whoever checks may read the one, and the upstream the other. */
import type { JsonBody } from '../../dialect.ts'
import { markOf, refuseRepeats } from '../read-fields.ts'

/** What is, or leads to, the id of a file, of sound, or of an item. */
const leading: ReadonlySet<string> = new Set([
  'audio',
  'content',
  'encrypted_content',
  'file',
  'file_id',
  'id',
  'images',
  'input_image_mask',
  'items',
  'mask',
  'output',
  'result',
  'role',
  'type',
])

const fileMarks = ['file_id', '"audio"'].map(markOf)
const itemMarks = ['"id"', 'file_id', 'encrypted_content'].map(markOf)

/** Throws `invalid_request`. Nearly all bodies name nothing, and cost no more than a look for these words. */
export const refuseRepeatedFiles = (body: JsonBody): void => refuseRepeats(body, fileMarks, leading)
export const refuseRepeatedItems = (body: JsonBody): void => refuseRepeats(body, itemMarks, leading)
