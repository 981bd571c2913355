/** Requests that name one thing by two ids, or as two things: whoever checks may read the one, and the upstream the other. */
import type { JsonBody } from '../../dialect.ts'
import { refuseRepeats } from '../read-fields.ts'

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

/** Throws `invalid_request`. Nearly all bodies name nothing, and cost no more than a look for these words. */
export const refuseRepeatedFiles = (body: Pick<JsonBody, 'text'>): void =>
  refuseRepeats(body, ['file_id', '"audio"'], leading)
export const refuseRepeatedItems = (body: Pick<JsonBody, 'text'>): void =>
  refuseRepeats(body, ['"id"', 'file_id', 'encrypted_content'], leading)
