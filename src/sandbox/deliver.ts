/**
 * Puts a reply on the wire, as well or as badly as the directives say, and counts it. Every reply
 * that reached generation is counted exactly once, before its last byte leaves, so that whoever has
 * the answer finds it in the count. A slow reader holds the sandbox back; a reader that left ends it.
 */
import type { ServerResponse } from 'node:http'
import type { Count, Served } from './count.ts'
import type { Directives } from './directives.ts'
import type { Part, Reply, Slices } from './reply.ts'
import { noUsage, type Usage } from './usage.ts'

/** The other end of a reply. `left` resolves when the connection is gone, for whichever reason. */
type Line = { readonly response: ServerResponse; readonly left: Promise<void>; readonly hasLeft: () => boolean }

export type Delivery = {
  readonly response: ServerResponse
  readonly reply: Reply
  readonly directives: Directives
  readonly count: Count
  readonly clientRequestId: string | null
  /** Epoch milliseconds at which the request had been read. */
  readonly at: number
}

/** Resolves when the reply has been sent, cut short or left; never rejects because the client left. */
export async function deliver(delivery: Delivery): Promise<void> {
  const { response, reply, directives } = delivery
  const line = lineOf(response)
  const settle = (complete: boolean, sent: Usage): Served | null => recordOf(delivery, complete, sent)
  if (directives.latency_ms) await sleep(line, directives.latency_ms)
  if (directives.stall) await line.left
  if (line.hasLeft()) return void settle(false, noUsage)
  const cut = cutOf(directives)
  if (cut?.kind === 'reset' && cut.after === 0) {
    settle(false, noUsage)
    return void response.socket?.destroy()
  }
  if (reply.kind === 'plain' && !cut && !directives.split && reply.body.length <= wholeBodyCharactersMax) {
    return sendWhole(reply, delivery, settle)
  }
  response.writeHead('status' in reply ? reply.status : 200, reply.headers)
  response.flushHeaders()
  if (response.req.method === 'HEAD') return void response.end()
  if (reply.kind === 'live') return sendLive(line, reply.parts[Symbol.asyncIterator](), directives)
  await sendParts(line, partsOf(reply, directives), delivery, settle)
}

type Settle = (complete: boolean, sent: Usage) => Served | null

/** Larger bodies are written in slices, so that a slow reader is waited for and an early leave is seen. */
const wholeBodyCharactersMax = 256 * 1024

function sendWhole(reply: Extract<Reply, { kind: 'plain' }>, { response, directives }: Delivery, settle: Settle): void {
  settle(true, reply.generation?.usage ?? noUsage)
  const body = Buffer.from(directives.garbage && reply.generation ? garbageBody : reply.body)
  response.writeHead(reply.status, { ...reply.headers, 'content-length': String(body.length) })
  response.end(body)
}

type Piece = { readonly wire: string | Uint8Array; readonly sent: Usage }
type Pieces = Iterator<Piece> | AsyncIterator<Piece>

/** Looks one part ahead, because the last one must be counted before it is written. */
async function sendParts(line: Line, parts: Pieces, delivery: Delivery, settle: Settle): Promise<void> {
  const { directives } = delivery
  const cut = cutOf(directives)
  let sent: Usage = noUsage
  let next = await parts.next()
  for (let sentParts = 0; !next.done; sentParts += 1) {
    if (line.hasLeft()) return void settle(false, sent)
    if (cut && sentParts >= cut.after) return cutShort(line, cut.kind, () => settle(false, sent))
    const part = next.value
    next = await parts.next()
    sent = part.sent
    if (next.done) return finish(line, part, delivery, settle)
    await write(line, part.wire, directives)
    if (directives.chunk_ms) await sleep(line, directives.chunk_ms)
    else if (sentParts % partsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  settle(true, sent)
  line.response.end()
}

/** Sends every part as it comes; what is made meanwhile is not counted by who hears of it. */
async function sendLive(line: Line, parts: AsyncIterator<Part>, directives: Directives): Promise<void> {
  const cut = cutOf(directives)
  for (let sentParts = 0; ; sentParts += 1) {
    if (cut && sentParts >= cut.after) return cutShort(line, cut.kind, () => {})
    const next = await Promise.race([parts.next(), line.left])
    if (line.hasLeft()) return
    if (!next || next.done) break
    await write(line, withLineEnds(next.value, directives).wire, directives)
    if (directives.chunk_ms) await sleep(line, directives.chunk_ms)
  }
  line.response.end()
}

/** Between so many writes the event loop gets its turn, to serve others and to see the client leave. */
const partsPerTurn = 32

async function finish(line: Line, part: Piece, { directives, count }: Delivery, settle: Settle): Promise<void> {
  const served = settle(true, part.sent)
  await write(line, part.wire, directives)
  if (line.hasLeft() && served) return count.revoke(served)
  line.response.end()
}

async function cutShort(line: Line, kind: Cut['kind'], settle: () => void): Promise<void> {
  switch (kind) {
    case 'reset':
      settle()
      await handedOver(line)
      return void line.response.socket?.destroy()
    case 'truncate':
      settle()
      // What had promised its length ends with its connection.
      return void (line.response.hasHeader('content-length') ? line.response.socket?.end() : line.response.end())
    case 'stall':
      await line.left
      settle()
  }
}

/** A destroyed socket drops what it had not yet handed to the system; the chunks before the reset should arrive. */
const handedOver = (line: Line): Promise<void> => sleep(line, 5)

type Cut = { readonly kind: 'reset' | 'truncate' | 'stall'; readonly after: number }

function cutOf(directives: Directives): Cut | null {
  if (directives.reset_after !== undefined) return { kind: 'reset', after: directives.reset_after }
  if (directives.truncate_after !== undefined) return { kind: 'truncate', after: directives.truncate_after }
  return directives.stall_after === undefined ? null : { kind: 'stall', after: directives.stall_after }
}

const garbageBody = '<html><body><h1>502 Bad Gateway</h1>\u0000{"choices": [</body></html>'
const garbageRecord = 'data: {"choices": [{"delta": {"content": "broken\n\n'

const withLineEnds = (part: Part, { crlf }: Directives): Part =>
  crlf ? { ...part, wire: part.wire.replaceAll(/\r?\n/g, '\r\n') } : part

function partsOf(reply: Exclude<Reply, { kind: 'live' }>, directives: Directives): Pieces {
  switch (reply.kind) {
    case 'plain':
      return slicesOf(
        directives.garbage && reply.generation ? garbageBody : reply.body,
        reply.generation?.usage ?? noUsage,
      )
    case 'stream':
      return recordsOf(reply, directives)
    case 'bytes':
      return bytesOf(reply.slices)
  }
}

async function* bytesOf(slices: Slices): AsyncGenerator<Piece> {
  for await (const wire of slices) yield { wire, sent: noUsage }
}

function* recordsOf(reply: Extract<Reply, { kind: 'stream' }>, directives: Directives): Generator<Part> {
  let isFirst = true
  for (const part of reply.parts) {
    yield withLineEnds(part, directives)
    if (isFirst && directives.garbage) yield { ...part, wire: garbageRecord }
    isFirst = false
  }
}

/** A plain body is two chunks at least; nothing of it is of use, so nothing sent, before the last. */
function* slicesOf(body: string, usage: Usage): Generator<Part> {
  const size = Math.max(1, Math.min(wholeBodyCharactersMax, Math.ceil(body.length / 2)))
  for (let at = 0; at < body.length; at += size) {
    yield { wire: body.slice(at, at + size), sent: at + size >= body.length ? usage : noUsage }
  }
}

function recordOf({ reply, count, clientRequestId, at }: Delivery, complete: boolean, sent: Usage): Served | null {
  return reply.generation ? count.record({ ...reply.generation, clientRequestId, at, complete, sent }) : null
}

function lineOf(response: ServerResponse): Line {
  let gone = response.destroyed || response.socket?.destroyed === true
  const left = new Promise<void>((resolve) => {
    if (gone) resolve()
    response.once('close', () => {
      gone = true
      resolve()
    })
  })
  return { response, left, hasLeft: () => gone }
}

async function write(line: Line, wire: string | Uint8Array, directives: Directives): Promise<void> {
  if (!directives.split) return writeBytes(line, wire)
  const bytes = Buffer.from(wire)
  for (let at = 0, step = 1; at < bytes.length && !line.hasLeft(); at += step, step = (step * 5 + 2) % 17 || 1) {
    await writeBytes(line, bytes.subarray(at, at + step))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function writeBytes(line: Line, bytes: string | Uint8Array): Promise<void> {
  if (line.hasLeft() || line.response.write(bytes)) return
  await Promise.race([new Promise<void>((resolve) => line.response.once('drain', resolve)), line.left])
}

async function sleep(line: Line, milliseconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  await Promise.race([new Promise((resolve) => (timer = setTimeout(resolve, milliseconds))), line.left])
  clearTimeout(timer)
}
