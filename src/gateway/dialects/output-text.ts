/**
 * The text a stream has carried so far, kept for the case that it ends without usage. Records are kept
 * as they came and are parsed only when there are many of them or somebody asks, so a stream that ends
 * well pays almost nothing for it.
 */
export type OutputText = {
  readonly add: (record: string) => void
  readonly text: () => string
}

const waitingCharsMax = 64 * 1024

/** `textOf` reads the visible and hidden text of one record; it may throw on what it does not know, which then counts as none. */
export function createOutputText(textOf: (record: string) => string): OutputText {
  let waiting: string[] = []
  let waitingChars = 0
  let text = ''
  const fold = (): void => {
    text += waiting.map((record) => textOrNone(record, textOf)).join('')
    waiting = []
    waitingChars = 0
  }
  return {
    add(record) {
      waiting.push(record)
      waitingChars += record.length
      if (waitingChars > waitingCharsMax) fold()
    },
    text() {
      fold()
      return text
    },
  }
}

function textOrNone(record: string, textOf: (record: string) => string): string {
  try {
    return textOf(record)
  } catch {
    // A record that is not what the dialect says carries no text that anybody could have read.
    return ''
  }
}
