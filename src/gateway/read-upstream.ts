/**
 * What an upstream's answer is, once its status and headers have come: a stream that has begun, an answer read whole
 * because until then nothing was begun, or a refusal, also where it is an error that came with status 200.
 */
import { assert } from '../lib/assert.ts'
import type { QueuedRoom } from '../lib/byte-queue.ts'
import { roundedMs } from '../lib/clock.ts'
import type { HttpResponse, ResponseHeaders } from '../lib/http-client/contract.ts'
import { decoded } from '../lib/http-client/decoded.ts'
import { OutlineReader } from '../lib/json-outline.ts'
import { ExcessError } from '../lib/json-count.ts'
import { TooLongError } from '../lib/record-buffer.ts'
import type { Attempt } from '../store/store.ts'
import { upstreamModelOf, type Deployment, type Refusal } from '../upstreams/deployment.ts'
import { errorInAnswer, type ErrorInAnswer } from '../upstreams/refusals/error-in-answer.ts'
import type { Admitted } from './admit.ts'
import type { Answered, Trying } from './answered.ts'
import { beginStream } from './begin-stream.ts'
import { inTurns, sliceBytes } from './body.ts'
import type { GatewayDeps } from './deps.ts'
import type { RecordsReader, WholeReader } from './dialect.ts'
import type { Call } from './operation.ts'
import { recordBytesMax, wholeBytesMax } from './dialects/record-stream.ts'
import { RefusedError, ReportedError, UnreadableError } from './trouble.ts'

/** Reads an answer as far as it must be known before anything of it is given on. Throws a trouble: whatever is not the client's own doing. */
export function readUpstream(sent: HttpResponse, trying: Trying, deps: GatewayDeps): Answered | Promise<Answered> {
  const { exchange, failed } = trying
  const now = deps.clock.monotonic()
  exchange.answered(now)
  const firstByteMs = roundedMs(now - exchange.startedAt)
  const attempt = attemptOf(trying, { status: sent.status, error: null, firstByteMs }, now)
  const upstream = decoded(sent)
  const answer: Answer = { trying, upstream, attempts: [...failed, attempt] }
  const reader = trying.wire.answer
  if (reader.kind === 'bytes' && isOfBytes(sent))
    return { ...trying, upstream, attempts: answer.attempts, kind: 'bytes', status: sent.status }
  if (!isSuccess(sent)) return refused(answer)
  if (reader.kind === 'records') return streamed(answer, reader, deps)
  return whole(answer, wholeBytesMax(trying.admitted.call), deps)
}

/** Reads all of an answer, as there is room for it. `head`: what was read of it already. */
function whole(answer: Answer, bytesMax: number, deps: GatewayDeps, head?: Uint8Array): Answered | Promise<Answered> {
  let room: QueuedRoom | null = null
  const { trying, upstream } = answer
  const stated = Math.min(upstream.length ?? 0, bytesMax)
  const heard = (bytes: number): Promise<void> | null => {
    trying.exchange.heard(deps.clock.monotonic())
    if (bytes <= smallBytesMax) return null
    room ??= deps.answers.enter(trying.admitted.key.organizationId)
    return grow(room, roomBytes(bytes, stated), trying, deps)
  }
  const read = (rest: Uint8Array): Answered | Promise<Answered> => {
    const bytes = head ? Buffer.concat([head, rest]) : rest
    return bytes.length > readAtOnceMax ? large(answer, bytes, room, deps) : plain(answer, bytes, room)
  }
  const bytes = upstream.bytes(bytesMax, heard)
  if (!(bytes instanceof Promise)) return read(bytes)
  return bytes.then(read).catch((error: unknown) => {
    room?.free()
    throw error
  })
}

/** Of an answer larger than this, only what matters is read, in turns with everybody else's work. */
const readAtOnceMax = 64 * 1024

/** A large answer, which may be vectors or pictures, or of an upstream that has gone mad. Rejects with an `UnreadableError` where it names more than any answer does. */
async function large(
  answer: Answer,
  bytes: Uint8Array,
  room: QueuedRoom | null,
  { turns }: Pick<GatewayDeps, 'turns'>,
): Promise<Answered> {
  const reader = answer.trying.wire.answer
  // What is told anew is parsed whole.
  const isWhole = reader.kind === 'records' || (reader.kind === 'whole' && reader.retold !== undefined)
  const outline = new OutlineReader(bytes, isWhole)
  try {
    await inTurns(() => outline.step(sliceBytes), turns)
  } catch (error) {
    throw error instanceof ExcessError ? new UnreadableError() : error
  }
  return plain(answer, bytes, room, outline.outline())
}

/** Answers up to this long are not counted. */
const smallBytesMax = 1024 * 1024

/** For all of an answer that says its length, so that it need not wait in its middle; else for twice what has come, so that few steps make it. */
const roomBytes = (bytes: number, stated: number): number =>
  bytes <= stated ? stated : 2 ** Math.ceil(Math.log2(bytes))

/** While room is waited for, nobody waits for the upstream. */
function grow(room: QueuedRoom, bytes: number, { exchange }: Trying, deps: GatewayDeps): Promise<void> | null {
  const waited = room.grow(bytes)
  if (!waited) return null
  exchange.waitingSince = null
  return waited.then(() => exchange.heard(deps.clock.monotonic()))
}

/** An answer of which it is not known yet what it is. */
type Answer = Pick<Answered, 'upstream' | 'attempts'> & { readonly trying: Trying }

/** Servers that follow REST answer a POST with 201 (NestJS does unless told otherwise); what it is worth, its bytes tell. */
const isSuccess = ({ status }: HttpResponse): boolean => status >= 200 && status < 300

/** All of them, a range, none because the client has them, or none because there is no such range (RFC 9110, 15.3 to 15.5). */
const bytesStatuses = [200, 206, 304, 416]
const isOfBytes = ({ status }: HttpResponse): boolean => bytesStatuses.includes(status)

async function streamed(answer: Answer, reader: RecordsReader, deps: GatewayDeps): Promise<Answered> {
  const { trying, upstream, attempts } = answer
  try {
    const begun = await beginStream(upstream, trying, reader, deps)
    if (begun.kind === 'stream') return { ...trying, upstream, attempts, ...begun }
    // An upstream that answers a streamed call in one piece is metered as one piece, and held to the limit of one record.
    return await whole(answer, recordBytesMax(trying.admitted.call), deps, begun.head)
  } catch (error) {
    if (error instanceof ReportedError) return refusedWithin(answer, error.reported)
    throw error instanceof TooLongError ? new UnreadableError() : error
  }
}

/** An answer read whole; where it is not what its dialect promises, it may say why. `said`: what of it is read. */
function plain(answer: Answer, bytes: Uint8Array, room: QueuedRoom | null, said = bytes): Answered {
  const { trying, upstream, attempts } = answer
  const reader = trying.wire.answer
  assert(reader.kind !== 'bytes', 'what passes as it comes is not read')
  try {
    const reading = reader.read(said, upstream.headers)
    const { bytes: own, isEvents } = given(bytes, reader)
    return { ...trying, upstream, attempts, kind: 'plain', bytes: own, isEvents, reading, room }
  } catch (unread) {
    const error = unread instanceof ReportedError ? unread.reported : errorIn(bytes)
    if (!error) throw new UnreadableError()
    return refusedWithin(answer, error)
  }
}

/** What the client is given of an answer in one piece: a client that reads a stream would find nothing in it. */
const given = (
  bytes: Uint8Array,
  reader: WholeReader | RecordsReader,
): { readonly bytes: Uint8Array; readonly isEvents: boolean } =>
  reader.kind === 'records'
    ? { bytes: reader.asStream(bytes), isEvents: reader.framing === 'sse' }
    : { bytes: reader.retold?.(bytes) ?? bytes, isEvents: false }

/** No vendor's error is longer. */
const errorBytesMax = 64 * 1024

function errorIn(bytes: Uint8Array): ErrorInAnswer | null {
  if (bytes.length > errorBytesMax) return null
  try {
    return errorInAnswer(JSON.parse(new TextDecoder().decode(bytes)), false)
  } catch {
    return null
  }
}

/** More of a refusal is not read. */
const refusalBytesMax = 4 * 1024 * 1024

async function refused(answer: Answer): Promise<Answered> {
  const { status, headers } = answer.upstream
  const body = await answer.upstream.bytes(refusalBytesMax)
  const refusal = passable(status, refusalOf({ status, body }, answer.trying, headers))
  return refusedAs(answer, status, refusal)
}

/** The same for an error that came as an answer: the attempt counts as what the error says of itself. */
function refusedWithin(answer: Answer, reported: ErrorInAnswer): Answered {
  const { status } = reported
  const refusal = passable(status, refusalWithin(reported, answer.trying, answer.upstream.headers))
  const attempts = [...answer.attempts.slice(0, -1), { ...answer.attempts.at(-1)!, status }]
  return refusedAs({ ...answer, attempts }, status, refusal)
}

const refusedAs = ({ trying, upstream, attempts }: Answer, status: number, refusal: Refusal): Answered => ({
  ...trying,
  upstream,
  attempts,
  kind: 'refused',
  status,
  refusal,
})

/** What the client may be told. Whatever is not its own doing is thrown, as a trouble. */
function passable(status: number, refusal: Refusal): Refusal {
  if (isClients(refusal)) return refusal
  throw new RefusedError(status, refusal)
}

/** An error within an answer, as a refusal. One that speaks of a limit, and not of when, asks for no rest: it may be of one call alone. */
export function refusalWithin(reported: ErrorInAnswer, trying: Trying, headers: ResponseHeaders): Refusal {
  const refusal = refusalOf(reported, trying, headers)
  return refusal.fault === 'rate' ? { ...refusal, retryAfterMs: refusal.retryAfterMs ?? 0 } : refusal
}

/** An upstream's refusal, or its error, as its adapter reads it. */
function refusalOf(
  { status, body }: ErrorInAnswer,
  { admitted, candidate }: Trying,
  headers: ResponseHeaders,
): Refusal {
  const { operation } = admitted.call
  return candidate.deployment.adapter.refusal({
    dialect: operation.dialect.name,
    status,
    headers,
    body,
    upstreamModel: upstreamName(admitted, candidate.deployment),
    askedModel: askedName(admitted.call),
  })
}

/** What the client calls what it asks for. */
export const askedName = ({ asked: { target }, sentName }: Call): string =>
  target.kind === 'model' ? target.name : sentName

/** The upstream's own name for what is asked for. */
export const upstreamName = ({ call }: Admitted, deployment: Deployment): string =>
  call.model && call.asked.target.kind === 'model'
    ? upstreamModelOf(deployment, call.model, call.sentName)
    : call.sentName

/** Whether it is the client's own doing, which is told in the vendor's words. */
export const isClients = ({ fault }: Refusal): boolean => fault === 'client' || fault === 'policy'

export function attemptOf(
  { admitted, candidate, exchange }: Trying,
  { status, error, firstByteMs }: Pick<Attempt, 'status' | 'error' | 'firstByteMs'>,
  now: number,
): Attempt {
  const { id, region } = candidate.deployment
  return {
    deployment: id,
    region,
    status,
    error,
    firstByteMs,
    startedMs: roundedMs(exchange.startedAt - admitted.startedAt),
    endedMs: roundedMs(now - admitted.startedAt),
  }
}
