/** What a stream has carried so far, kept for the case that it ends without usage. */
import { addUsage, type Usage } from '../../money/usage.ts'
import type { Written } from '../dialect.ts'
import { createWaitingRecords } from './waiting-records.ts'

export type Output = {
  readonly add: (record: string) => void
  readonly written: () => Written
}

/** More than any request holds for: an upstream that writes on and on must not fill the memory. */
const textCharsMax = 16 * 1024 * 1024

/** `writtenIn` reads what one record carries, visible and hidden; it may throw on what it does not know, which then counts as nothing. */
export function createOutput(writtenIn: (record: string) => Written): Output {
  let text = ''
  let other: Usage = {}
  const { add, fold } = createWaitingRecords((records) => {
    const written = records.map((record) => writtenOrNothing(record, writtenIn))
    if (text.length < textCharsMax) text += written.map((each) => each.text).join('')
    other = written.reduce((sum, each) => addUsage(sum, each.other), other)
  })
  return {
    add,
    written() {
      fold()
      return { text, other }
    },
  }
}

function writtenOrNothing(record: string, writtenIn: (record: string) => Written): Written {
  try {
    return writtenIn(record)
  } catch {
    // A record that is not what the dialect says carries nothing that anybody could have read.
    return { text: '', other: {} }
  }
}
