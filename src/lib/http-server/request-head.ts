import { HeaderText } from '../http/header-text.ts'
import { lengthOf, MessageError, type Framing } from '../http/message-reader.ts'

const firstLine = /^([A-Z]{1,32}) (\S+) HTTP\/([0-9])\.([0-9])(?:\r\n|$)/
/** A line that is no header, or has a character that could end one: folded lines, blanks before a colon, bare line ends. */
const badLine = /\r\n(?![\w!#$%&'*+.^`|~-]+:[\t\x20-\x7e\x80-\xff]*(?:\r\n|$))/
const forbiddenInTarget = /[^\x21-\x7e]|#/

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
    const [matches, method, target, major, minor] = firstLine.exec(text) ?? []
    if (matches === undefined) throw new MessageError('what came is no request line of HTTP/1.1')
    if (major !== '1') throw new MessageError('HTTP/1.1 is spoken here', 505)
    if (badLine.test(text)) throw new MessageError('the request has a line that is no header')
    super(text)
    this.method = method!
    this.target = targetOf(target!)
    this.isCurrent = minor !== '0'
    if (this.isCurrent && hostsIn(this.get('host')) !== 1)
      throw new MessageError('the request must have one host header')
    this.framing = framingOf(this)
    this.isKept = this.isCurrent && !/\bclose\b/i.test(this.get('connection') ?? '')
    this.expectsContinue = this.isCurrent && this.get('expect')?.toLowerCase() === '100-continue'
  }
}

const hostsIn = (host: string | null): number => (host === null ? 0 : host.split(',').length)

/** Proxies write the whole URL, of which the host header says the rest. */
function targetOf(sent: string): string {
  const target = /^https?:\/\//i.test(sent) ? sent.replace(/^[^/]*\/\/[^/?]*/, '').replace(/^(?!\/)/, '/') : sent
  if (!target.startsWith('/') || forbiddenInTarget.test(sent))
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
