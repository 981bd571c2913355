import { headerLinePattern, HeaderText } from '../http/header-text.ts'
import { lengthOf, MessageError, type Framing } from '../http/message-reader.ts'

const firstLine = /^[A-Z]{1,32} [\x21-\x7e]+ HTTP\/1\.[01](?:\r\n|$)/
const ofAnotherVersion = /^[A-Z]{1,32} \S+ HTTP\/[02-9]\.[0-9](?:\r\n|$)/
/** A line that is no header: folded lines, blanks before a colon, bare line ends. */
const badLine = new RegExp(`\\r\\n(?!${headerLinePattern}(?:\\r\\n|$))`)

/** A host and a port, without a user (RFC 9110, 7.2); nothing at all where there is no host. */
const goodHost = /^(?:[\w.~!$&'()*+;=-]*(?:%[0-9a-f]{2}[\w.~!$&'()*+;=-]*)*|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i
/** As it is asked of proxies: the whole URL, whose host is the one that counts (RFC 9112, 3.2.2). */
const wholeUrl = /^https?:\/\/([^/?]+)(.*)$/i

/** Request line and headers of one request. Whatever two readers could read in two ways is refused (RFC 9112). */
export class RequestHead extends HeaderText {
  readonly method: string
  readonly target: string
  /** The host that was asked for, and its port, as they were sent; empty where HTTP/1.0 does not say. */
  readonly host: string
  readonly framing: Exclude<Framing, 'until-closed'>
  /** HTTP/1.1 as against 1.0, which knows no chunks, and keeps a connection only when asked to. */
  readonly isCurrent: boolean
  /** Whether the client may send another request on this connection. */
  readonly isKept: boolean
  /** What an answer must say so that the connection is kept (RFC 9112, C.2.2); null for nothing. */
  readonly keeping: 'keep-alive' | null
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
    const sent = text.slice(methodEnd + 1, targetEnd)
    const whole = sent.startsWith('/') ? null : wholeUrl.exec(sent)
    this.target = targetOf(sent, whole)
    this.isCurrent = text[targetEnd + ' HTTP/1.'.length] !== '0'
    const host = this.get('host')
    if (host === null ? this.isCurrent : !goodHost.test(host))
      throw new MessageError('the request must have one host header, which names a host')
    this.host = whole?.[1] ?? host ?? ''
    this.framing = framingOf(this)
    const connection = this.get('connection')
    this.isKept =
      connection === null
        ? this.isCurrent
        : !/\bclose\b/i.test(connection) && (this.isCurrent || asksToKeep(connection))
    this.keeping = this.isCurrent ? null : 'keep-alive'
    this.expectsContinue = this.isCurrent && this.get('expect')?.toLowerCase() === '100-continue'
  }
}

const asksToKeep = (connection: string): boolean => /(?:^|,)[\t ]*keep-alive[\t ]*(?:,|$)/i.test(connection)

/** RFC 9112, 2.2: some clients send an empty line behind a body, which is in front of the next request. */
export const withoutEmptyLine = (bytes: Buffer): Buffer =>
  bytes[0] === 13 && bytes[1] === 10 ? bytes.subarray(2) : bytes

const notRead = (text: string): MessageError =>
  ofAnotherVersion.test(text)
    ? new MessageError('HTTP/1.1 is spoken here', 505)
    : new MessageError('what came is no request line of HTTP/1.1')

function targetOf(sent: string, whole: RegExpExecArray | null): string {
  if (sent.includes('#') || (whole === null && !sent.startsWith('/')))
    throw new MessageError('the request line must name a path, percent-encoded')
  if (whole === null) return sent
  const [, host, path] = whole as unknown as [string, string, string]
  if (!goodHost.test(host)) throw new MessageError('the request line names no host')
  return path.startsWith('/') ? path : `/${path}`
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
