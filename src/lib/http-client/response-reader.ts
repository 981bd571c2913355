/**
 * Reading HTTP/1.1 responses (RFC 9112) off a connection, in whatever pieces they come. Where an answer ends is
 * never guessed: a length or coding that could be read in two ways breaks the connection.
 */

/** Status and headers of one response. */
export class ResponseHead {
  readonly status: number
  readonly version: string
  readonly #text: string
  readonly #lower: string

  /** `text`: the head without the empty line that ends it. Throws when its first line is no status line. */
  constructor(text: string) {
    const [matches, version, status] = /^HTTP\/(1\.[01]) ([1-9]\d\d)(?: |\r\n|$)/.exec(text) ?? []
    if (matches === undefined) throw notHttp()
    this.version = version!
    this.status = Number(status)
    this.#text = text
    this.#lower = text.toLowerCase()
  }

  /** A header by its name in lower case; several are joined by `, `; null when there is none. */
  get(name: string): string | null {
    const line = lineBeginning(name)
    let found: string | null = null
    for (let at = this.#lower.indexOf(line); at !== -1; at = this.#lower.indexOf(line, at + 1)) {
      const start = at + line.length
      const end = this.#text.indexOf('\r\n', start)
      const value = trimmed(this.#text, start, end === -1 ? this.#text.length : end)
      found = found === null ? value : `${found}, ${value}`
    }
    return found
  }
}

const lineBeginnings = new Map<string, string>()
/** How the line of a header begins. Kept, because the names that are asked for are few and asked for in every answer. */
function lineBeginning(name: string): string {
  const known = lineBeginnings.get(name)
  if (known !== undefined) return known
  const line = `\r\n${name}:`
  if (lineBeginnings.size < lineBeginningsMany) lineBeginnings.set(name, line)
  return line
}
const lineBeginningsMany = 1_000

/** Without the blanks around it: of all that JavaScript trims, only these two are blanks here. */
function trimmed(text: string, from: number, until: number): string {
  let start = from
  let end = until
  while (start < end && (text[start] === ' ' || text[start] === '\t')) start++
  while (start < end && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--
  return text.slice(start, end)
}

export type ResponseSink = {
  readonly answered: (head: ResponseHead) => void
  readonly received: (piece: Uint8Array) => void
  /** The response is whole. `isReusable`: another may follow on this connection. */
  readonly ended: (isReusable: boolean) => void
}

type State = 'head' | 'sized' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'until-closed'

/** Of a head, a chunk's size line, or a trailer. */
const lineBytesMax = 64 * 1024
const beginning = 'HTTP/1.'
const carriageReturn = 13

const notHttp = (): Error => new Error('what came is no HTTP/1.1 response')

/** Where the line or head that begins at `at` ends; -1 when that has not come yet. Long ones are refused however they come. */
function endOf(mark: string, input: Buffer, at: number): number {
  const end = input.indexOf(mark, at)
  const bytes = (end === -1 ? input.length - mark.length + 1 : end) - at
  if (bytes > lineBytesMax) throw new Error('the response has a line or a head that is too long')
  return end
}

/** Follows the responses of one connection, one after another, and tells its sink what it reads. */
export class ResponseReader {
  readonly #sink: ResponseSink
  #state: State = 'head'
  /** Bytes still to come of the body, or of the chunk. */
  #left = 0
  #isKept = false
  #isOver = false
  /** The beginning of a line whose end has not come yet. */
  #begun: Buffer | null = null

  constructor(sink: ResponseSink) {
    this.#sink = sink
  }

  /** Takes what the connection brought. Throws when it is not HTTP/1.1. */
  push(bytes: Buffer): void {
    const input = this.#begun ? Buffer.concat([this.#begun, bytes]) : bytes
    this.#begun = null
    let at = 0
    while (at < input.length) {
      const next = this.#step(input, at)
      if (next === -1) {
        this.#begun = input.subarray(at)
        return
      }
      at = next
      if (this.#isOver) return this.#end(this.#isKept && at === input.length)
    }
  }

  /** The server has closed the connection. Throws when something of a response was still to come. */
  closed(): void {
    if (this.#state !== 'until-closed') throw new Error('the connection was closed before the end of the response')
    this.#end(false)
  }

  #end(isReusable: boolean): void {
    this.#state = 'head'
    this.#isOver = false
    this.#sink.ended(isReusable)
  }

  /** Reads on from `at`; how far it came, or -1 when more must come first. */
  #step(input: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(input, at)
      case 'sized':
      case 'chunk':
        return this.#readBody(input, at)
      case 'until-closed':
        this.#sink.received(input.subarray(at))
        return input.length
      case 'chunk-size':
      case 'chunk-end':
      case 'trailers':
        return this.#readLine(input, at)
    }
  }

  #readHead(input: Buffer, at: number): number {
    const end = endOf('\r\n\r\n', input, at)
    if (end === -1) {
      // What speaks another protocol may never send the end of a head.
      if (!beginning.startsWith(input.toString('latin1', at, at + beginning.length))) throw notHttp()
      return -1
    }
    const head = new ResponseHead(input.toString('latin1', at, end))
    const next = end + 4
    if (head.status < 200) {
      if (head.status === 101) throw notHttp()
      return next
    }
    this.#isKept = head.version === '1.1' && !/\bclose\b/i.test(head.get('connection') ?? '')
    this.#beginBody(head)
    this.#sink.answered(head)
    return next
  }

  #beginBody(head: ResponseHead): void {
    const coding = head.get('transfer-encoding')
    const length = head.get('content-length')
    if (head.status === 204 || head.status === 304) {
      this.#isOver = true
      // One that speaks of a body all the same may go on to send it.
      this.#isKept &&= coding === null && length === null
    } else if (coding !== null) {
      if (coding.toLowerCase() !== 'chunked') throw new Error('the response is in a coding that was not asked for')
      // RFC 9112, 6.1: with both, the coding counts, and the connection is not to be trusted further.
      this.#isKept &&= length === null
      this.#state = 'chunk-size'
    } else if (length === null) this.#state = 'until-closed'
    else {
      if (!/^\d{1,15}$/.test(length)) throw new Error('the response has a length that is none')
      this.#left = Number(length)
      this.#state = 'sized'
      this.#isOver = this.#left === 0
    }
  }

  #readBody(input: Buffer, at: number): number {
    const end = Math.min(input.length, at + this.#left)
    this.#left -= end - at
    this.#sink.received(at === 0 && end === input.length ? input : input.subarray(at, end))
    if (this.#left > 0) return end
    if (this.#state === 'chunk') this.#state = 'chunk-end'
    else this.#isOver = true
    return end
  }

  #readLine(input: Buffer, at: number): number {
    if (this.#state === 'chunk-end' && input[at] !== carriageReturn)
      throw new Error('a chunk of the response is longer than it says')
    const end = endOf('\r\n', input, at)
    if (end === -1) return -1
    if (this.#state === 'chunk-size') this.#beginChunk(input.toString('latin1', at, end))
    else if (this.#state === 'trailers') this.#isOver = end === at
    else if (end === at) this.#state = 'chunk-size'
    else throw new Error('a chunk of the response is longer than it says')
    return end + 2
  }

  #beginChunk(line: string): void {
    const [, size] = /^([0-9a-f]{1,8})[\t ]*(?:;.*)?$/i.exec(line) ?? []
    if (size === undefined) throw new Error('a chunk of the response has no size')
    this.#left = Number.parseInt(size, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'chunk'
  }
}
