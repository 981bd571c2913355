import { assert } from '../../lib/assert.ts'
import type { Asked, WholeReader } from '../dialect.ts'

/** What tests read complete answers with. */
export function readerOf({ wire: { answer } }: Asked): Pick<WholeReader, 'read'> {
  assert(answer.kind !== 'bytes', 'an answer that is read')
  return answer
}
