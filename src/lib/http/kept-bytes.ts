/** How much larger than what is kept the memory may be that it stands in. */
const spareTimes = 4

/** Bytes to be kept for a while: where they are a small part of what was read with them, a copy, so that the rest of it can go. */
export const keptBytes = (bytes: Uint8Array): Buffer =>
  bytes.length * spareTimes < bytes.buffer.byteLength
    ? Buffer.from(new Uint8Array(bytes).buffer)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
