/** The runtime (JavaScriptCore's `fastSizeLimit`) keeps arrays of up to so many bytes among its objects. */
const smallBytesMax = 1000

/**
 * Bytes `[start, end)` of what was read. Small ones are copied: to point into an array, the runtime makes memory of its
 * own for all of it, which costs 1 to 2 µs with what it takes to free, and a copy a tenth of that.
 */
export function partOf(bytes: Buffer, start: number, end: number): Buffer {
  if (end - start > smallBytesMax) return bytes.subarray(start, end)
  const part = Buffer.allocUnsafe(end - start)
  bytes.copy(part, 0, start, end)
  return part
}

/** How much larger than what is kept the memory may be that it stands in. */
const spareTimes = 4

/** Up to here a copy costs less than to look at the memory that the bytes stand in. */
const crumbBytesMax = 512

/** The same for what may be very many very small pieces. */
export const keptCrumb = (bytes: Uint8Array): Uint8Array =>
  bytes.length <= crumbBytesMax ? new Uint8Array(bytes) : keptBytes(bytes)

/** Bytes to be kept for a while: where they are a small part of what was read with them, a copy, so that the rest of it can go. */
export const keptBytes = (bytes: Uint8Array): Buffer =>
  bytes.length * spareTimes < bytes.buffer.byteLength
    ? Buffer.from(new Uint8Array(bytes).buffer)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
