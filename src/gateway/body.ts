/** Reading the body of a request: its bytes as they were sent, and what they say as JSON. */
import type { Room } from '../lib/byte-budget.ts'
import { contentCodings, decompress, DecompressError } from '../lib/decompress.ts'
import { BodyError, type HttpRequest } from '../lib/http-server/contract.ts'
import { ExcessError } from '../lib/json-count.ts'
import { SkeletonReader, wholeStrings } from '../lib/json-skeleton.ts'
import type { Turns } from '../lib/turns.ts'
import type { JsonBody } from './dialect.ts'
import { GatewayError, shuttingDown } from './errors.ts'

/** Of a body larger than this, long strings are left as bytes, and it is read in turns with everybody else's. */
export const smallBytesMax = 64 * 1024
/** Room for a body of which nobody knows what it comes to, to begin with. */
const unsizedBytes = 256 * 1024

/** How much memory the body of a request may take, in bytes: nothing where it is refused for its length. */
export function bodyRoom({ length, headers }: HttpRequest, bytesMax: number): number {
  if (length === null) return unsizedBytes
  if (length > bytesMax) return 0
  return headers.get('content-encoding') === null ? length : length + unsizedBytes
}

/** Whether a body that does not say its length may go on growing. */
function growing(room: Room): (bytes: number) => boolean {
  let roomBytes = unsizedBytes
  return (bytes) => bytes <= roomBytes || room.resize((roomBytes = Math.max(bytes, 2 * roomBytes)))
}

/**
 * A body of at most `bytesMax` bytes, at once where all of it has come and is not compressed. Throws, or rejects with,
 * `body_too_large`, `unsupported_encoding`, `overloaded` or `invalid_request`. `room`: taken for it, where it is not small.
 */
export function readBytes(request: HttpRequest, bytesMax: number, room: Room | null): Uint8Array | Promise<Uint8Array> {
  // A body without room for it is small and not compressed: `bodyRoom` has looked.
  const encoding = room && request.headers.get('content-encoding')
  const coding = encoding === null ? null : codingOf(encoding)
  try {
    const bytes = request.bytes(bytesMax, room && request.length === null ? growing(room) : undefined)
    if (coding !== null) return orRefused(decompressed(bytes, coding, { bytesMax, room }), bytesMax)
    return bytes instanceof Promise ? orRefused(bytes, bytesMax) : bytes
  } catch (error) {
    throw refusalOf(error, bytesMax)
  }
}

const orRefused = (bytes: Promise<Uint8Array>, bytesMax: number): Promise<Uint8Array> =>
  bytes.catch((error: unknown) => {
    throw refusalOf(error, bytesMax)
  })

const refusalOf = (error: unknown, bytesMax: number): unknown =>
  error instanceof BodyError ? refused(error, bytesMax) : error

/** The one coding that a body has; null for none. Each is a way to make little of much, so several are not undone. */
function codingOf(encoding: string): string | null {
  const named = encoding.toLowerCase()
  if (named === '' || named === 'identity') return null
  const coding = named === 'x-gzip' ? 'gzip' : named
  if (contentCodings.includes(coding)) return coding
  throw new GatewayError(
    'unsupported_encoding',
    `The content-encoding '${encoding.slice(0, 80)}' is not supported. Allowed: one of ${contentCodings.join(', ')}, or none.`,
    { headers: { 'accept-encoding': contentCodings.join(', ') } },
  )
}

/** Room is asked for as the body turns out to need it: what a few bytes become, they do not tell. */
async function decompressed(
  sent: Uint8Array | Promise<Uint8Array>,
  coding: string,
  { bytesMax, room }: { readonly bytesMax: number; readonly room: Room | null },
): Promise<Uint8Array> {
  const bytes = await sent
  for (let most = Math.min(unsizedBytes, bytesMax); ; most = Math.min(most * growthTimes, bytesMax)) {
    if (room?.resize(bytes.length + most) === false) throw noRoom('all-full')
    const whole = await undone(bytes, coding, most, bytesMax)
    if (whole === null) continue
    room?.resize(whole.length)
    return whole
  }
}
const growthTimes = 8

/** null where it becomes more than `most`, which is less than is allowed. */
async function undone(bytes: Uint8Array, coding: string, most: number, bytesMax: number): Promise<Uint8Array | null> {
  try {
    return await decompress(bytes, coding, most)
  } catch (cause) {
    if (!(cause instanceof DecompressError)) throw cause
    if (cause.trouble === 'too-large') {
      if (most < bytesMax) return null
      throw tooLarge(`decompresses to more than ${bytesMax} bytes; at most ${bytesMax} bytes`, cause)
    }
    throw new GatewayError('invalid_request', `The request body is not what its content-encoding '${coding}' says.`, {
      cause,
    })
  }
}

const tooLarge = (is: string, cause: Error): GatewayError =>
  new GatewayError('body_too_large', `The request body ${is} are allowed.`, { cause })

/** A body that did not come, in words for its sender. */
export function refused(error: BodyError, bytesMax: number): GatewayError {
  const { trouble, bytes } = error
  switch (trouble) {
    case 'too-large':
      return tooLarge(`is ${bytes === null ? 'larger' : `${bytes} bytes`}; at most ${bytesMax} bytes`, error)
    case 'no-room':
      return noRoom('all-full')
    case 'slow':
      return new GatewayError('invalid_request', 'The request body did not come in time. Send it again.')
    case 'malformed':
      return new GatewayError('invalid_request', 'The request body is not framed as HTTP/1.1 says.')
    case 'stopping':
      return shuttingDown()
    case 'left':
      return new GatewayError('invalid_request', 'The connection was closed before the request body had come.')
  }
}

const roomRetryMs = 1_000

/** The refusal of a body that there is no room for now: its organization sends too much at once, or all together do. */
export const noRoom = (full: 'own-full' | 'all-full'): GatewayError =>
  full === 'all-full'
    ? new GatewayError('overloaded', 'Too much is being sent to this gateway at the moment. Try again shortly.', {
        retryAfterMs: roomRetryMs,
      })
    : new GatewayError(
        'rate_limited',
        'This organization sends too much at once: its large requests in flight have no room for another. Try again when some of them have ended.',
        { limit: 'bytes', retryAfterMs: roomRetryMs },
      )

/**
 * A JSON object, kept as sent, less a byte order mark, which JSON must not have (RFC 8259, 8.1); at once unless it is
 * large. Throws, or rejects with, `invalid_request`.
 */
export function bodyOf(sent: Uint8Array, turns: Turns): JsonBody | Promise<JsonBody> {
  const bytes = hasMark(sent) ? sent.subarray(3) : sent
  return bytes.length > smallBytesMax ? largeBodyOf(bytes, turns) : wholeBodyOf(bytes)
}

/** What is read where a request has no body. */
export const noBytes = new Uint8Array(0)
export const noBody: JsonBody = { bytes: noBytes, strings: wholeStrings, text: '', json: {} }

/** A JSON object, all of it read at once. Throws `invalid_request`. */
export function wholeBodyOf(bytes: Uint8Array): JsonBody {
  const text = textOf(bytes)
  return { bytes, strings: wholeStrings, text, json: objectOf(text) }
}

/** Worked on between two looks at whether it is somebody else's turn. */
export const sliceBytes = 128 * 1024

async function largeBodyOf(bytes: Uint8Array, turns: Turns): Promise<JsonBody> {
  const reader = new SkeletonReader(bytes)
  try {
    await inTurns(() => reader.step(sliceBytes), turns)
    const { text, ...strings } = reader.skeleton()
    return { bytes, strings, text, json: objectOf(text) }
  } catch (error) {
    if (error instanceof TypeError) throw notUtf8()
    if (error instanceof ExcessError)
      throw new GatewayError('invalid_request', `The request body is refused: ${error.message}.`)
    throw error
  }
}

/** Does something again and again, a little in each turn, until it is done. Rejects with what it throws. */
export const inTurns = (step: () => boolean, turns: Turns): Promise<void> =>
  new Promise((resolve, reject) => {
    const goOn = (): void => {
      try {
        if (step()) resolve()
        else turns.add(goOn)
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    goOn()
  })

const hasMark = (bytes: Uint8Array): boolean => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw notUtf8()
  }
}

const notUtf8 = (): GatewayError =>
  new GatewayError(
    'invalid_request',
    'The request body is not valid UTF-8. Send JSON in UTF-8; one that is compressed must name its content-encoding.',
  )

function objectOf(text: string): Readonly<Record<string, unknown>> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    // No JSON has this character, and every text in UTF-16 or UTF-32 has it.
    if (text.includes('\0')) throw notUtf8()
    throw new GatewayError(
      'invalid_request',
      'The request body is not valid JSON. Send a JSON object with content-type: application/json.',
      { cause },
    )
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new GatewayError('invalid_request', 'The request body must be a JSON object.')
  return json as Record<string, unknown>
}
