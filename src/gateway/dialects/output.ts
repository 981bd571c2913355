/**
 * What a stream has carried so far, kept for the case that it ends without usage. Records are kept
 * as they came and are parsed only when there are many of them or somebody asks, so a stream that ends
 * well pays almost nothing for it.
 */
import { addUsage, type Usage } from '../../money/usage.ts'
import type { Written } from '../dialect.ts'

export type Output = {
  readonly add: (record: string) => void
  readonly written: () => Written
}

const waitingCharsMax = 64 * 1024

/** `writtenIn` reads what one record carries, visible and hidden; it may throw on what it does not know, which then counts as nothing. */
export function createOutput(writtenIn: (record: string) => Written): Output {
  let waiting: string[] = []
  let waitingChars = 0
  let text = ''
  let other: Usage = {}
  const fold = (): void => {
    const written = waiting.map((record) => writtenOrNothing(record, writtenIn))
    text += written.map((each) => each.text).join('')
    other = written.reduce((sum, each) => addUsage(sum, each.other), other)
    waiting = []
    waitingChars = 0
  }
  return {
    add(record) {
      waiting.push(record)
      waitingChars += record.length
      if (waitingChars > waitingCharsMax) fold()
    },
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
