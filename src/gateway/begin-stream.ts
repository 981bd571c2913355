/**
 * The beginning of the answer to a streamed call. Its first bytes tell what it is, whatever it is labelled, and
 * until it has said something nothing is given to the client, so that a failure can still be made good elsewhere.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpResponse } from '../lib/http-client/contract.ts'
import type { Piece } from '../lib/source.ts'
import { isBilled } from './admit.ts'
import type { Begun, Source, Trying } from './answered.ts'
import type { GatewayDeps } from './deps.ts'
import type { Framing, RecordsReader, StreamReader } from './dialect.ts'
import { recordBytesMax } from './dialects/record-stream.ts'
import { isDeferred } from './settle.ts'
import { ReportedError, UnreadableError } from './trouble.ts'

/** An answer in one piece, though a stream was asked for: what has come of it. */
type InOnePiece = { readonly kind: 'whole'; readonly head: Uint8Array }

/** A client waits for headers no longer than it must: SDKs give up when none come, while a model may think for minutes. */
const firstRecordMs = 2_000

/** Reads until the answer has said something, or for a moment. Rejects with a `ReportedError` or an `UnreadableError`, or as reading does. */
export async function beginStream(
  upstream: HttpResponse,
  trying: Trying,
  reader: RecordsReader,
  deps: Pick<GatewayDeps, 'clock'>,
): Promise<Begun | InOnePiece> {
  const early = new AbortController()
  const patience = sleep(firstRecordMs, 'late' as const, { signal: early.signal }).catch(() => 'late' as const)
  const beginning = new Beginning(upstream, trying, reader)
  try {
    for (;;) {
      const reading = upstream.read()
      // Waiting ends here for this piece, but it may still fail later: then whoever reads on is told.
      reading.catch(() => undefined)
      let piece = await Promise.race([reading, patience])
      if (piece === 'late') {
        const begun = beginning.asLabelled(reading)
        if (begun) return begun
        piece = await reading
      }
      trying.exchange.heard(deps.clock.monotonic())
      const begun = piece.done ? beginning.close() : beginning.take(piece.value)
      if (begun) return begun
    }
  } finally {
    early.abort()
  }
}

class Beginning {
  readonly #upstream: HttpResponse
  readonly #trying: Trying
  readonly #reader: RecordsReader
  /** Too little to tell what it is. */
  #head: Uint8Array = noBytes
  #framing: Framing
  #follow: StreamReader | null = null
  #given: Uint8Array[] = []
  #givenBytes = 0

  constructor(upstream: HttpResponse, trying: Trying, reader: RecordsReader) {
    this.#upstream = upstream
    this.#trying = trying
    this.#reader = reader
    this.#framing = reader.framing
  }

  take(bytes: Uint8Array): Begun | InOnePiece | null {
    if (this.#follow) return this.#passOn(this.#follow, bytes)
    const head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes])
    const kind = kindOf(head)
    if (kind === 'whole' || (kind === 'array' && this.#framing !== 'array' && !this.#reader.retellsArrays))
      return { kind: 'whole', head }
    if (kind !== null) return this.#passOn(this.#startAs(kind), head)
    this.#head = head
    return null
  }

  /** The upstream has closed: what came is all of it. */
  close(): Begun {
    const follow = this.#follow
    if (!follow) throw new UnreadableError()
    this.#given.push(follow.close())
    refuseFailed(follow)
    if (!follow.hasBegun()) throw new UnreadableError()
    return this.#begun(follow, this.#upstream)
  }

  /** What it is by its label, where nothing else tells: `reading` is on its way. */
  asLabelled(reading: Promise<Piece>): Begun | null {
    if (!this.#follow && !isLabelled(this.#upstream, this.#framing)) return null
    if (!this.#follow && this.#passOn(this.#startAs(this.#framing), this.#head)) return null
    return this.#begun(this.#follow!, withFirst(this.#upstream, reading))
  }

  #startAs(framing: Framing): StreamReader {
    const { call } = this.#trying.admitted
    const { reportsStreamUsage, hasAnnotationChunks } = this.#trying.candidate.deployment.adapter
    const ways = {
      framing,
      reportsStreamUsage,
      hasAnnotationChunks,
      recordBytesMax: recordBytesMax(call),
    }
    this.#framing = this.#reader.retellsArrays ? 'sse' : framing
    return (this.#follow = this.#reader.follow(this.#upstream.headers, ways))
  }

  #passOn(follow: StreamReader, bytes: Uint8Array): Begun | null {
    const given = follow.take(bytes)
    this.#given.push(given)
    this.#givenBytes += given.length
    refuseFailed(follow)
    const isSilent = follow.state() === 'silent' && this.#givenBytes <= silentBytesMax
    return isSilent && !this.#isNamed(follow) ? null : this.#begun(follow, this.#upstream)
  }

  /** What goes on without its stream is never begun again elsewhere: it is known from its name on, whatever becomes of the stream. */
  #isNamed(follow: StreamReader): boolean {
    const { admitted } = this.#trying
    return isBilled(admitted) && isDeferred(admitted) && (follow.reading().made ?? []).length > 0
  }

  #begun(follow: StreamReader, source: Source): Begun {
    const given = this.#given.length === 1 ? this.#given[0]! : Buffer.concat(this.#given)
    return { kind: 'stream', framing: this.#framing, follow, given, source }
  }
}

const noBytes = new Uint8Array(0)
/** Comments and heads of records beyond this are passed on as they come: an upstream that sends nothing else must not fill the memory. */
const silentBytesMax = 8 * 1024 * 1024

/** Behind a part of the answer an error ends it, also where both came at once: what becomes of it is no matter of packets. */
function refuseFailed(follow: StreamReader): void {
  if (follow.state() !== 'failed' || follow.hasBegun()) return
  const error = follow.error()
  throw error ? new ReportedError(error) : new UnreadableError()
}

const byteOrderMark = [0xef, 0xbb, 0xbf]
/** More blanks than anybody sends. */
const blanksMax = 64 * 1024

/** What begins like this: `whole` for JSON that is no list, for pages, and for what is no text. null while nothing tells. */
function kindOf(head: Uint8Array): Framing | 'whole' | null {
  const isMarked = byteOrderMark.every((byte, at) => at >= head.length || head[at] === byte)
  const first = head.subarray(isMarked ? byteOrderMark.length : 0).find((byte) => !isBlank(byte))
  if (first === undefined) return head.length > blanksMax ? 'whole' : null
  if (first === 0x5b) return 'array'
  return first === 0x7b || first === 0x3c || first === 0x22 || first < 0x20 ? 'whole' : 'sse'
}

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 9 && byte <= 13)

function isLabelled({ headers }: HttpResponse, framing: Framing): boolean {
  const type = headers.get('content-type')?.toLowerCase() ?? ''
  return framing === 'sse' ? type.startsWith('text/event-stream') : type.includes('json')
}

/** The source with a piece that was asked for already in front. */
function withFirst(source: Source, first: Promise<Piece>): Source {
  let asked: Promise<Piece> | null = first
  return {
    read() {
      const next = asked ?? source.read()
      asked = null
      return next
    },
    cancel: () => source.cancel(),
  }
}
