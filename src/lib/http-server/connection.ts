import type { Socket } from 'bun'
import { keptBytes } from '../http/kept-bytes.ts'
import { MessageError, MessageReader, type Framing } from '../http/message-reader.ts'
import { Outbox } from '../http/outbox.ts'
import { noPlace } from '../roster.ts'
import { LengthError, sendBody, type Outlet, type Pulled } from '../http/send-body.ts'
import { bytesOf, drop, isStreamed, lengthOf, none, ourMistake } from './answer-body.ts'
import { answerHead } from './answer-head.ts'
import { problemAnswer, type HttpAnswer, type Streamed } from './contract.ts'
import type { Guest } from './guest.ts'
import { IncomingRequest } from './incoming-request.ts'
import type { Host } from './host.ts'
import { heldBackFor, Inflow } from './inflow.ts'
import { KeptAnswer } from './kept-answer.ts'
import { RequestHead, withoutEmptyLine } from './request-head.ts'
import * as limits from './time-limits.ts'

/** Of further requests, sent before the answer to the first; then the client is held back. */
const aheadBytesMax = 64 * 1024

/** One client's connection: it carries one request at a time, and is kept between them. */
export class Connection implements Guest, Outlet {
  /** Among the connections of its server. */
  place = noPlace
  readonly peer: string
  hasAsked = false
  readonly #socket: Socket<Guest>
  readonly #host: Host
  readonly #inflow: Inflow
  readonly #outbox = new Outbox()
  /** Under way, until it is answered and all of it has come. */
  #request: IncomingRequest | null = null
  /** Its head has come with the bytes that are being read. */
  #isFresh = false
  #isAnswered = false
  /** Another request may follow. */
  #isKept = true
  #isClosed = false
  /** Nothing that comes is read any more. */
  #isDeaf = false
  /** We have said our last word. */
  #isEnding = false
  /** Sent behind the request that is under way. */
  #ahead: Buffer | null = null
  /** Of what nobody has asked for, as its server was last told. */
  #heldBytes = 0
  #source: Pulled | null = null
  readonly #kept = new KeptAnswer()
  /** Told when the client has taken everything, or is gone. */
  #drained: (() => void) | null = null
  /** Since when the body is waited for, less the time for which it was not. */
  #bodySince = 0
  /** Since when it is not. */
  #unawaitedSince: number | null = null
  /** When something last changed that the client did. */
  #since: number

  readonly #reader = new MessageReader({
    mayBegin: (text) => /^[A-Z]+(?: |$)/.test(text),
    opened: (text) => {
      const head = new RequestHead(text)
      this.#request = new IncomingRequest(head, this)
      this.#isFresh = true
      this.#isAnswered = false
      return head.framing
    },
    received: (piece) => this.#request?.push(piece),
    ended: (rest) => {
      if (rest.length > 0) this.#ahead = keptBytes(rest)
      this.#request?.complete()
      if (this.#isAnswered) this.#next()
    },
  })

  /** `peer`: the IP address of the client, or of its proxy. */
  constructor(socket: Socket<Guest>, host: Host, peer: string) {
    this.#socket = socket
    this.#host = host
    this.#inflow = new Inflow(socket, host, this)
    host.arrivals.add(this.#inflow)
    this.peer = peer
    this.#since = host.now()
  }

  get restingSince(): number | null {
    return this.#outbox.isEmpty && (this.#request === null || this.#isAnswered) ? this.#since : null
  }

  get isBusy(): boolean {
    return this.#request !== null || !this.#outbox.isEmpty
  }

  take(bytes: Buffer): void {
    if (!this.#isDeaf) this.#inflow.take(bytes)
    if (this.#isDeaf || (this.#isAnswered && this.#request?.isWhole === false)) this.#inflow.readAway()
  }

  /** A body of known length is one piece; a head, and chunks, may be as small as their sender likes. */
  get mayBeCrumbs(): boolean {
    if (this.#isDeaf) return false
    return this.#request === null || (this.#request.length === null && !this.#request.isWhole)
  }

  takeNow(bytes: Buffer): void {
    if (this.#isDeaf) return
    if (this.#request?.isWhole) this.#keepAhead(bytes)
    else {
      // A head has its time from its first byte on, and what nobody wants from its answer on, however slowly they come.
      if (this.#request ? !this.#isAnswered : !this.#reader.isWithin) this.#since = this.#host.now()
      this.#read(bytes)
    }
    this.#weigh()
  }

  /** A socket that is read again says that it takes more, whether or not it took less before. */
  flush(): void {
    if (!this.#isClosed && !this.#outbox.isEmpty) this.#sent(this.#outbox.flushTo(this.#socket))
  }

  #sent(isOpen: boolean): void {
    this.#since = this.#host.now()
    if (!isOpen) return this.close()
    if (!this.#outbox.isEmpty) return
    this.#kept.release()
    this.#tellDrained()
    // Closing it whole would reset it where anything is unread, and take our last word from the client.
    if (this.#isEnding) this.#socket.shutdown()
  }

  closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isDeaf = true
    this.#ahead = null
    this.#inflow.close()
    this.#host.held.change(-this.#heldBytes)
    this.#heldBytes = 0
    this.#outbox.clear()
    this.#host.gone(this)
    this.#source?.cancel().catch(this.#host.failed)
    this.#kept.release()
    this.#tellDrained()
    if (!this.#isAnswered) this.#request?.left()
    this.#request = null
  }

  /** Resets it where something is under way; otherwise what the kernel still holds of an answer reaches the client. */
  close(): void {
    if (this.isBusy) this.#socket.terminate()
    else this.#socket.end()
    this.closed()
  }

  pause(): void {
    this.#inflow.holdBack(heldBackFor.body)
  }

  rest(): void {
    this.#unawaitedSince = this.#host.now()
  }

  resume(): void {
    this.#bodySince = this.#unawaitedSince = this.#host.now()
    this.goOn()
  }

  goOn(): void {
    // It was not the client who was slow.
    const now = (this.#since = this.#host.now())
    if (this.#unawaitedSince !== null) this.#bodySince += now - this.#unawaitedSince
    this.#unawaitedSince = null
    this.#inflow.letCome(heldBackFor.body)
  }

  /** A client that asks whether to send the body of its request is told to. */
  proceed(): void {
    this.#send(Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'))
  }

  look(now: number): void {
    const quietMs = now - this.#since
    if (!this.#outbox.isEmpty) {
      if (quietMs > limits.answerQuietMsMax) this.close()
      else if (this.#kept.isOverdue(this.#socket, this.#since, now)) this.#cutOff()
    } else if (this.#isEnding) {
      if (quietMs > limits.closingMsMax) this.close()
    } else if (this.#request) this.#lookAtBody(this.#request, quietMs, now)
    else if (this.#reader.isWithin) {
      if (quietMs > limits.headMsMax) this.#refuse(new MessageError('the request did not come in time', 408))
    } else if (quietMs > limits.idleMsMax) this.#end()
  }

  #cutOff(): void {
    this.#host.refused('untaken', this.peer)
    this.close()
  }

  #lookAtBody(request: IncomingRequest, quietMs: number, now: number): void {
    if (request.isWhole) return
    if (this.#isAnswered) {
      if (quietMs > limits.lingerMsMax || this.#host.givesUpBodies()) this.#end()
    } else if (this.#host.givesUpBodies()) request.fail('stopping')
    else if (!request.isAwaited) return
    else if (quietMs > limits.bodyQuietMsMax || now - this.#bodySince > limits.bodyMsMax(request.bytesSoFar)) {
      this.#isKept = false
      request.fail('slow')
    }
  }

  #tellDrained(): void {
    const drained = this.#drained
    this.#drained = null
    drained?.()
  }

  #keepAhead(bytes: Buffer): void {
    this.#ahead = this.#ahead ? Buffer.concat([this.#ahead, bytes]) : bytes
    if (this.#ahead.length > aheadBytesMax) this.#inflow.holdBack(heldBackFor.ahead)
  }

  /** Tells its server what it keeps that nobody has asked for; where that is more than its share, it is let go. */
  #weigh(): void {
    const bytes = (this.#ahead?.length ?? 0) + this.#reader.begunBytes
    if (bytes === this.#heldBytes || this.#isClosed) return
    this.#host.held.change(bytes - this.#heldBytes)
    this.#heldBytes = bytes
    if (bytes <= this.#host.held.share()) return
    this.#host.refused('memory', this.peer)
    if (!this.#request) this.#refuse(new MessageError('too much is waiting to be served; try again shortly', 503))
    this.#isKept = false
    this.#isDeaf = true
    this.#ahead = null
    this.#reader.forget()
    this.#weigh()
  }

  #read(bytes: Buffer): void {
    try {
      this.#reader.push(this.#reader.isWithin ? bytes : withoutEmptyLine(bytes))
    } catch (error) {
      return this.#refuse(error)
    }
    if (this.#isFresh) this.#serve(this.#request!)
  }

  #serve(request: IncomingRequest): void {
    this.#isFresh = false
    this.hasAsked = true
    this.#isKept = request.headers.isKept
    try {
      const answer = this.#host.handle(request)
      if (answer instanceof Promise) answer.then(this.#answer, this.#crashed)
      else this.#answer(answer)
    } catch (error) {
      this.#crashed(error)
    }
  }

  readonly #answer = (answer: HttpAnswer): void => {
    try {
      const coded = this.#host.compress(this.#request, answer)
      if (coded) coded.then(this.#give).catch(this.#crashed)
      else this.#give(answer)
    } catch (error) {
      drop(answer)
      this.#crashed(error)
    }
  }

  readonly #crashed = (error: unknown): void => {
    this.#host.failed(error)
    this.#isKept = false
    this.#give(ourMistake())
  }

  readonly #give = (answer: HttpAnswer): void => {
    if (this.#isClosed) return drop(answer)
    const { status, headers, body } = answer
    const { headers: asked, method, isWithheld, isWhole, length: bodyBytes } = this.#request!
    const bytes = bytesOf(body)
    const isUnmeasured = method === 'HEAD' && body === null
    const length = isUnmeasured ? null : lengthOf(answer, bytes, asked.isCurrent)
    // Chunks that nobody wants are not read to find their end.
    const isRead = isWhole || bodyBytes !== null
    this.#isKept &&= !this.#host.isStopping() && !isWithheld && isRead && length !== 'until-closed'
    const connection = this.#isKept ? asked.keeping : 'close'
    const head = answerHead(status, headers, { length, connection, date: this.#host.date() })
    const hasBody = method !== 'HEAD' && length !== null
    if (hasBody && isStreamed(body)) return this.#stream(head, body, length)
    if (!hasBody || !bytes) drop(answer)
    else this.#kept.keep(answer)
    this.#sendMessage(head, hasBody && bytes ? bytes : none)
    this.#answered()
  }

  #stream(head: string, body: Streamed, framing: Framing): void {
    const source = body instanceof ReadableStream ? body.getReader() : body
    this.#source = source
    this.#sendMessage(head, none)
    this.#pump(source, framing).catch(this.#host.failed)
  }

  /** Passes on what streams, as the client takes it. */
  async #pump(source: Pulled, framing: Framing): Promise<void> {
    try {
      await sendBody(source, framing, this)
    } catch (error) {
      if (error instanceof LengthError) this.#lengthIsWrong(source, error)
      // What came is passed on; that the last chunk or byte is missing tells that there should have been more.
      if (!(error instanceof LengthError && error.isLonger))
        return framing === 'until-closed' ? this.close() : this.#end()
    } finally {
      this.#source = null
    }
    if (!this.#isClosed) this.#answered()
  }

  #lengthIsWrong(source: Pulled, error: LengthError): void {
    this.#host.failed(error)
    source.cancel().catch(this.#host.failed)
  }

  get isShut(): boolean {
    return this.#isClosed
  }

  pass(bytes: Uint8Array): Promise<void> | null {
    this.#send(bytes)
    return this.#outbox.isEmpty ? null : new Promise((resolve) => (this.#drained = resolve))
  }

  /** The answer is given, as far as it lies with us. */
  #answered(): void {
    this.#isAnswered = true
    const request = this.#request
    if (!request) return
    if (!request.isWhole) request.discard()
    if (request.isWhole || !this.#isKept) this.#next()
  }

  /** The request is over: another may be read, or the connection ends. */
  readonly #next = (): void => {
    if (this.#isClosed) return
    if (!this.#isKept) return this.#end()
    // Answers must not pile up for a client that asks on and on and takes none.
    if (!this.#outbox.isEmpty) {
      this.#drained = this.#next
      return
    }
    if (this.#ahead) this.#host.turns.add(this.#goOn)
    else this.#request = null
  }

  /** Reads what was sent ahead, up to the end of one request. */
  readonly #goOn = (): void => {
    if (this.#isClosed) return
    const rest = this.#ahead
    this.#request = null
    this.#ahead = null
    this.#since = this.#host.now()
    if (rest) this.#read(rest)
    if (((this.#ahead as Buffer | null)?.length ?? 0) <= aheadBytesMax) this.#inflow.letCome(heldBackFor.ahead)
    this.#weigh()
  }

  /** What came is no HTTP: it is said once, and nothing more is read. */
  #refuse(error: unknown): void {
    this.#isDeaf = true
    this.#isKept = false
    const request = this.#request
    if (request && this.#isAnswered) return this.#end()
    if (request && !this.#isFresh) return request.fail('malformed')
    this.#request = null
    if (!(error instanceof MessageError)) this.#host.failed(error)
    const answer = error instanceof MessageError ? problemAnswer(error.status, error.message) : ourMistake()
    const bytes = bytesOf(answer.body)!
    const ending = { length: bytes.length, connection: 'close', date: this.#host.date() } as const
    this.#sendMessage(answerHead(answer.status, answer.headers, ending), bytes)
    this.#end()
  }

  #sendMessage(head: string, body: Uint8Array): void {
    if (!this.#isClosed) this.#sent(this.#outbox.sendMessage(this.#socket, head, body))
  }

  #send(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#sent(this.#outbox.send(this.#socket, bytes))
  }

  /** Closes it behind what is still to be sent. */
  #end(): void {
    this.#request = null
    this.#isDeaf = true
    this.#isEnding = true
    this.#inflow.letCome(heldBackFor.ahead)
    this.resume()
    if (!this.#isClosed && this.#outbox.isEmpty) this.#sent(true)
  }
}
