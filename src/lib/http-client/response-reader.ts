/** Reading HTTP/1.1 responses off a connection: see `lib/http/message-reader.ts`. */
import { HeaderText } from '../http/header-text.ts'
import { lengthOf, MessageError, MessageReader, notHttp, type Framing } from '../http/message-reader.ts'

/** Status and headers of one response. */
export class ResponseHead extends HeaderText {
  readonly status: number
  /** HTTP/1.1 as against 1.0, which keeps no connection. */
  readonly isCurrent: boolean

  /** `text`: the head without the empty line that ends it. Throws when its first line is no status line. */
  constructor(text: string) {
    if (!statusLine.test(text)) throw notHttp()
    super(text)
    this.isCurrent = text.startsWith('HTTP/1.1')
    this.status = Number(text.slice(statusAt, statusAt + 3))
  }
}

const statusLine = /^HTTP\/1\.[01] [1-9]\d\d(?: |\r\n|$)/
const statusAt = 'HTTP/1.1 '.length

export type ResponseSink = {
  /** Whether the request asked for a head alone, so that no body follows whatever that says. */
  readonly isHeadAlone: () => boolean
  readonly answered: (head: ResponseHead) => void
  readonly received: (piece: Uint8Array) => void
  /** The response is whole. `isReusable`: another may follow on this connection. */
  readonly ended: (isReusable: boolean) => void
}

const beginning = 'HTTP/1.'

/** Follows the responses of one connection, one after another. */
export function createResponseReader(sink: ResponseSink): MessageReader {
  let isKept = false
  return new MessageReader({
    mayBegin: (text) => beginning.startsWith(text.slice(0, beginning.length)),
    opened(text) {
      const head = new ResponseHead(text)
      const { status, isCurrent } = head
      if (status === 101) throw notHttp()
      if (status < 200) return null
      const coding = head.get('transfer-encoding')
      const length = head.get('content-length')
      const isHeadAlone = sink.isHeadAlone()
      const isBodiless = status === 204 || status === 304
      // RFC 9112, 6.1: with both of them the connection is not to be trusted further; with neither, it ends the body.
      // A response without a body that speaks of one may go on to send it.
      const isFramed = isHeadAlone
        ? coding === null || length === null
        : isBodiless
          ? coding === null && length === null
          : (coding === null) !== (length === null)
      isKept = isCurrent && isFramed && !/\bclose\b/i.test(head.get('connection') ?? '')
      const framing = framingOf(coding, length)
      sink.answered(head)
      return isHeadAlone || isBodiless ? 0 : framing
    },
    received: sink.received,
    ended: (rest) => sink.ended(isKept && rest.length === 0),
  })
}

function framingOf(coding: string | null, length: string | null): Framing {
  if (coding === null) return length === null ? 'until-closed' : lengthOf(length)
  if (coding.toLowerCase() !== 'chunked') throw new MessageError('what came is in a coding that was not asked for')
  return 'chunked'
}
