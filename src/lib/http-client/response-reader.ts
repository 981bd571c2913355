/** Reading HTTP/1.1 responses off a connection: see `lib/http/message-reader.ts`. */
import { HeaderText } from '../http/header-text.ts'
import { lengthOf, MessageError, MessageReader, notHttp, type Framing } from '../http/message-reader.ts'

/** Status and headers of one response. */
export class ResponseHead extends HeaderText {
  readonly status: number
  readonly version: string

  /** `text`: the head without the empty line that ends it. Throws when its first line is no status line. */
  constructor(text: string) {
    const [matches, version, status] = /^HTTP\/(1\.[01]) ([1-9]\d\d)(?: |\r\n|$)/.exec(text) ?? []
    if (matches === undefined) throw notHttp()
    super(text)
    this.version = version!
    this.status = Number(status)
  }
}

export type ResponseSink = {
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
      if (head.status === 101) throw notHttp()
      if (head.status < 200) return null
      isKept = head.version === '1.1' && !/\bclose\b/i.test(head.get('connection') ?? '') && isFramedOnce(head)
      const framing = framingOf(head)
      sink.answered(head)
      return framing
    },
    received: sink.received,
    ended: (rest) => sink.ended(isKept && rest.length === 0),
  })
}

/** RFC 9112, 6.1: with both a coding and a length, a connection is not to be trusted further; with neither, it ends the body. A response without a body that speaks of one may go on to send it. */
function isFramedOnce(head: ResponseHead): boolean {
  const isCoded = head.get('transfer-encoding') !== null
  const isSized = head.get('content-length') !== null
  return isBodiless(head) ? !isCoded && !isSized : isCoded !== isSized
}

const isBodiless = ({ status }: ResponseHead): boolean => status === 204 || status === 304

function framingOf(head: ResponseHead): Framing {
  if (isBodiless(head)) return 0
  const coding = head.get('transfer-encoding')
  if (coding !== null) {
    if (coding.toLowerCase() !== 'chunked') throw new MessageError('what came is in a coding that was not asked for')
    return 'chunked'
  }
  const length = head.get('content-length')
  return length === null ? 'until-closed' : lengthOf(length)
}
