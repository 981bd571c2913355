import type { Socket } from 'bun'
import { brought, broughtAll, type Sender } from '../byte-turns.ts'
import { Outbox } from '../http/outbox.ts'
import { noteBytes } from '../note-bytes.ts'
import { sendBody, type Outlet } from '../http/send-body.ts'
import type { Source } from '../source.ts'
import type { Turns } from '../turns.ts'
import { NoRoomError, UnreachableError } from './contract.ts'
import { createResponseReader, type ResponseHead } from './response-reader.ts'

/** Where connections go: `name` is scheme, host and port as written in URLs. */
export type Origin = {
  readonly name: string
  /** As the `host` header has it. */
  readonly host: string
  readonly hostname: string
  readonly port: number
  readonly isSecure: boolean
}

export type Outgoing = {
  readonly origin: Origin
  readonly head: string
  readonly body: Uint8Array | Source
  /** Its answer has no body, whatever it says. */
  readonly isHeadAlone: boolean
  /** For a connection that is made for it. */
  readonly connectMs: number
}

/** A call, as its connection sees it: first it is answered, and in the end it has completed or failed. */
export type Carried = {
  readonly answered: (head: ResponseHead) => void
  readonly received: (piece: Uint8Array) => void
  /** All of the answer has come; the connection carries it no longer. */
  readonly completed: () => void
  /** `isStale`: the connection was kept from an earlier call, and not one byte came back on it. */
  readonly failed: (reason: Error, isStale: boolean) => void
}

export type ConnectionOptions = {
  readonly ca: string | undefined
  readonly connectMs: number
  /** For what comes in large pieces: a little in each turn of the event loop. */
  readonly turns: Turns
  /** Told when a call is over and the connection is good for another. */
  readonly park: (connection: Connection) => void
  /** Told when its socket is no more, which may be after it was closed: a socket that is still being connected cannot be. */
  readonly gone: () => void
}

/** One connection: made for its first call, kept between calls, and carrying one at a time. */
export class Connection implements Outlet, Sender {
  readonly origin: Origin
  /** Until when it is good for another call while it is parked, as its client's clock has it. */
  goodUntil = 0
  /** How long its server says that it keeps idle connections, ms. */
  keptMs = Number.POSITIVE_INFINITY
  readonly #park: (connection: Connection) => void
  readonly gone: () => void
  readonly #turns: Turns
  /** What has come and was not read yet; nothing more comes while there is any. */
  #unread: Buffer | null = null
  /** How it ended, where what came before is still to be read. */
  #end: { readonly error: Error | undefined } | null = null
  #socket: Socket<Connection> | null = null
  #call: Carried | null = null
  /** Something may be sent: over TLS, once its server has shown that it is who it should be. */
  #isReady = false
  /** It was kept from an earlier call, and nothing has come back on it since. */
  #isStale = false
  #isPaused = false
  #isClosed = false
  /** What came last was much. */
  #isMuch = false
  /** What comes must wait for its turn. */
  #isHeld = false
  #isHeadAlone = false
  /** The server has been promised more than it got. */
  #isCutShort = false
  /** What is still to be pulled and sent of the call's request; not pulled before the connection is ready. */
  #source: Source | null = null
  /** Told when the server has taken what was sent, or will not. */
  #taken: (() => void) | null = null
  /** Until when it must have taken something. */
  #stall: ReturnType<typeof setTimeout> | null = null
  readonly #outbox = new Outbox()
  readonly #deadline: ReturnType<typeof setTimeout>

  readonly #reader = createResponseReader({
    isHeadAlone: () => this.#isHeadAlone,
    answered: (head) => {
      if (this.#source && head.status >= notTaken) this.#stopSending()
      const kept = head.get('keep-alive')
      if (kept !== null) this.keptMs = keptMsIn(kept) ?? this.keptMs
      this.#call?.answered(head)
    },
    received: (piece) => this.#call?.received(piece),
    ended: (isReusable) => this.#ended(isReusable),
  })

  constructor(origin: Origin, { ca, connectMs, turns, park, gone }: ConnectionOptions) {
    this.origin = origin
    this.#park = park
    this.gone = gone
    this.#turns = turns
    const { hostname, port, isSecure } = origin
    const tls = isSecure && { tls: { rejectUnauthorized: true, serverName: hostname, ...(ca !== undefined && { ca }) } }
    const socket = isSecure ? secureHandlers : plainHandlers
    Bun.connect({ hostname, port, data: this, socket, ...tls }).catch((error: unknown) => {
      gone()
      this.#unreachable(error)
    })
    this.#deadline = setTimeout(() => this.break(new UnreachableError(`none within ${connectMs} ms`)), connectMs)
  }

  /** Sends a request and brings its answer to `call`. */
  carry(call: Carried, { head, body, isHeadAlone }: Outgoing): void {
    this.#call = call
    this.#isHeadAlone = isHeadAlone
    const isAtHand = body instanceof Uint8Array
    this.#sent(this.#outbox.sendMessage(this.#isReady ? this.#socket : null, head, isAtHand ? body : none))
    if (isAtHand) return
    this.#source = body
    if (this.#isReady) void this.#pour(body)
  }

  async #pour(source: Source): Promise<void> {
    try {
      await sendBody(source, source.length ?? 'chunked', this)
      if (this.#source === source) this.#source = null
    } catch (error) {
      // What it does once nobody sends it any more is no matter of the call's.
      if (this.#source === source) this.break(error as Error)
    }
  }

  get isShut(): boolean {
    return this.#source === null
  }

  pass(bytes: Uint8Array): Promise<void> | null {
    this.#sent(this.#outbox.send(this.#socket!, bytes))
    if (this.#outbox.isEmpty) return null
    this.#stall = setTimeout(() => this.break(new Error(`the server took nothing for ${stallMsMax} ms`)), stallMsMax)
    return new Promise((resolve) => (this.#taken = resolve))
  }

  #tellTaken(): void {
    clearTimeout(this.#stall ?? undefined)
    this.#stall = null
    this.#taken?.()
    this.#taken = null
  }

  /** The rest of the request is not wanted; its connection carries no other. */
  #stopSending(): void {
    const source = this.#source
    this.#source = null
    this.#isCutShort = true
    this.#tellTaken()
    source?.cancel().catch(() => undefined)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  isGood(now: number): boolean {
    return !this.#isClosed && now < this.goodUntil
  }

  /** Nothing more is sent or read; false, so that lists can be filtered by it. */
  close(): false {
    this.#isClosed = true
    if (this.#isMuch) broughtAll(this)
    this.#unread = null
    this.#outbox.clear()
    clearTimeout(this.#deadline)
    if (this.#isReady && this.#source) this.#stopSending()
    this.#socket?.terminate()
    return false
  }

  /** Ends it, and the call that it carries, for a reason. */
  break(reason: Error): void {
    const call = this.#call
    const isStale = this.#isStale
    this.#call = null
    this.close()
    call?.failed(reason, isStale)
  }

  pause(): void {
    if (!this.#isPaused) this.#socket?.pause()
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (this.#unread) this.#turns.add(this.#readOn)
    else this.#letCome()
  }

  /** Its server has been reached; who that is may still be to show. */
  reached(socket: Socket<Connection>): void {
    this.#socket = socket
    if (this.#isClosed) socket.terminate()
  }

  /** There is a connection, and its server is who it should be. */
  opened(): void {
    if (this.#isClosed) return
    clearTimeout(this.#deadline)
    this.#isReady = true
    this.#socket!.setNoDelay(true)
    // A model may think for longer than what lies between lets a silent connection live.
    this.#socket!.setKeepAlive(true, keepAliveMs)
    this.flush()
    if (this.#source) void this.#pour(this.#source)
  }

  /** Its certificate is not one to be trusted. */
  refused(problem: Error | null): void {
    this.#unreachable(problem ?? new Error('the certificate could not be verified'))
  }

  /** Writes what the socket takes; the rest when it asks for more. */
  flush(): void {
    if (!this.#isReady) return
    this.#sent(this.#outbox.flushTo(this.#socket!))
    if (this.#outbox.isEmpty) this.#tellTaken()
    else this.#stall?.refresh()
  }

  #sent(isOpen: boolean): void {
    if (!isOpen) this.break(new Error('the connection was closed while the request was sent'))
  }

  take(bytes: Buffer): void {
    if (!this.#call) return void this.close()
    this.#isStale = false
    if (bytes.length <= sliceBytes && !this.#unread) {
      if (this.#isMuch) broughtAll(this)
      this.#isMuch = false
      return this.#read(bytes)
    }
    noteBytes(bytes.length)
    this.#isMuch = true
    brought(this, bytes.length)
    // A pause may still be on its way to the socket.
    if (this.#unread) this.#unread = Buffer.concat([this.#unread, bytes])
    else {
      this.#unread = bytes
      this.#socket?.pause()
      this.#turns.add(this.#readOn)
    }
  }

  #read(bytes: Buffer): void {
    try {
      this.#reader.push(bytes)
    } catch (error) {
      this.break(error as Error)
    }
  }

  /** Reads some of what has come, unless its reader holds it back. */
  readonly #readOn = (): void => {
    const unread = this.#unread
    if (!unread || this.#isPaused || this.#isClosed) return
    this.#unread = unread.length > sliceBytes ? unread.subarray(sliceBytes) : null
    this.#read(unread.subarray(0, sliceBytes))
    if (this.#unread && !this.#isPaused) this.#turns.add(this.#readOn)
    else if (!this.#unread && this.#end) this.ended(this.#end.error)
    else if (!this.#unread) this.#letCome()
  }

  /** So many bring much at once that what this one brings must wait for its turn. */
  hold(): void {
    this.#isHeld = true
    this.#socket?.pause()
  }

  release(): void {
    this.#isHeld = false
    this.#letCome()
  }

  #letCome(): void {
    if (!this.#unread && !this.#isPaused && !this.#isHeld && !this.#isClosed) this.#socket?.resume()
  }

  /** The server has closed it, or it has broken. */
  ended(error: Error | undefined): void {
    if (this.#isClosed) return
    if (this.#unread) {
      this.#end = { error }
      return
    }
    if (!this.#isReady) return this.#unreachable(error ?? new Error('closed at once'))
    if (!this.#call) return void this.close()
    try {
      if (error) throw error
      this.#reader.closed()
    } catch (reason) {
      this.break(reason as Error)
    }
  }

  #unreachable(error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException
    this.break(filesAreOut.has(code ?? '') ? new NoRoomError() : new UnreachableError(code ?? message))
  }

  #ended(isReusable: boolean): void {
    const call = this.#call
    // Its own last piece made the call end early.
    if (!call) return
    this.#call = null
    // Before it is told, so that whatever follows finds the connection free.
    // What came behind its end belongs to no call.
    const isSent = this.#outbox.isEmpty && !this.#source && !this.#isCutShort
    if (isReusable && !this.#unread && isSent) this.#keep()
    else this.close()
    call.completed()
  }

  #keep(): void {
    this.#isStale = true
    // Its reader may have held it back until the end.
    this.resume()
    this.#park(this)
  }
}

/** This process, or the machine, has as many files open as it may. */
const filesAreOut = new Set(['EMFILE', 'ENFILE'])

const none = new Uint8Array(0)
/** An answer of this status and above says that the request was not taken, so the rest of it is not sent. */
const notTaken = 300
/** For a server to take something of a request that is pulled. */
const stallMsMax = 60_000
const keepAliveMs = 60_000
/** Read at once: a few hundred records of a stream. The rest of what came with them waits for its turn. */
const sliceBytes = 16 * 1024

/** A server that closes after five seconds must not be believed to the last millisecond. */
const clockSkewMs = 1_000

/** How long a `keep-alive` header says that its connection is kept, ms; null where it does not say. */
function keptMsIn(header: string): number | null {
  const [, seconds] = /timeout=(\d+)/.exec(header) ?? []
  return seconds === undefined ? null : Math.max(0, Number(seconds) * 1000 - clockSkewMs)
}

const handlers = {
  data: ({ data: connection }: Socket<Connection>, bytes: Buffer): void => connection.take(bytes),
  drain: ({ data: connection }: Socket<Connection>): void => connection.flush(),
  close({ data: connection }: Socket<Connection>, error?: Error): void {
    connection.gone()
    connection.ended(error)
  },
  error: ({ data: connection }: Socket<Connection>, error: Error): void => connection.ended(error),
  // The promise of `Bun.connect` says the same.
  connectError: (): void => undefined,
}
const plainHandlers = {
  ...handlers,
  open(socket: Socket<Connection>): void {
    socket.data.reached(socket)
    socket.data.opened()
  },
}
const secureHandlers = {
  ...handlers,
  open: (socket: Socket<Connection>): void => socket.data.reached(socket),
  // The runtime has held the certificate against its authorities, its dates and the host name.
  handshake({ data: connection }: Socket<Connection>, isGood: boolean, problem: Error | null): void {
    if (isGood && !problem) connection.opened()
    else connection.refused(problem)
  },
}
