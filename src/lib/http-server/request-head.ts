import { headerLinePattern, HeaderText } from '../http/header-text.ts'
import { lengthOf, MessageError, type Framing } from '../http/message-reader.ts'

const firstLine = /^[A-Z]{1,32} [\x21-\x7e]+ HTTP\/1\.[01](?:\r\n|$)/
const ofAnotherVersion = /^[A-Z]{1,32} \S+ HTTP\/[02-9]\.[0-9](?:\r\n|$)/
/** A line that is no header: folded lines, blanks before a colon, bare line ends. */
const badLine = new RegExp(`\\r\\n(?!${headerLinePattern}(?:\\r\\n|$))`)

/** Request line and headers of one request. Whatever two readers could read in two ways is refused (RFC 9112). */
export class RequestHead extends HeaderText {
  readonly method: string
  readonly target: string
  readonly framing: Exclude<Framing, 'until-closed'>
  /** HTTP/1.1 as against 1.0, which knows no chunks and keeps no connection. */
  readonly isCurrent: boolean
  /** Whether the client may send another request on this connection. */
  readonly isKept: boolean
  /** The client waits for a word before it sends the body. */
  readonly expectsContinue: boolean

  /** `text`: the head without the empty line that ends it. Throws a `MessageError`. */
  constructor(text: string) {
    if (!firstLine.test(text)) throw notRead(text)
    if (badLine.test(text)) throw new MessageError('the request has a line that is no header')
    super(text)
    const methodEnd = text.indexOf(' ')
    const targetEnd = text.indexOf(' ', methodEnd + 1)
    this.method = text.slice(0, methodEnd)
    this.target = targetOf(text.slice(methodEnd + 1, targetEnd))
    this.isCurrent = text[targetEnd + ' HTTP/1.'.length] !== '0'
    if (this.isCurrent && !isOne(this.get('host'))) throw new MessageError('the request must have one host header')
    this.framing = framingOf(this)
    const connection = this.get('connection')
    this.isKept = this.isCurrent && (connection === null || !/\bclose\b/i.test(connection))
    this.expectsContinue = this.isCurrent && this.get('expect')?.toLowerCase() === '100-continue'
  }
}

const notRead = (text: string): MessageError =>
  ofAnotherVersion.test(text)
    ? new MessageError('HTTP/1.1 is spoken here', 505)
    : new MessageError('what came is no request line of HTTP/1.1')

const isOne = (host: string | null): boolean => host !== null && !host.includes(',')

/** Proxies write the whole URL, of which the host header says the rest. */
function targetOf(sent: string): string {
  const target = /^https?:\/\//i.test(sent) ? sent.replace(/^[^/]*\/\/[^/?]*/, '').replace(/^(?!\/)/, '/') : sent
  if (!target.startsWith('/') || sent.includes('#'))
    throw new MessageError('the request line must name a path, percent-encoded')
  return target
}

function framingOf(head: RequestHead): RequestHead['framing'] {
  const coding = head.get('transfer-encoding')
  const length = head.get('content-length')
  if (coding === null) return length === null ? 0 : lengthOf(length)
  // RFC 9112, 6.1: what stands in front may have read the other of the two.
  if (length !== null) throw new MessageError('the request has both a length and a transfer coding')
  if (!head.isCurrent || coding.toLowerCase() !== 'chunked')
    throw new MessageError('of transfer codings, only chunked is read', 501)
  return 'chunked'
}
