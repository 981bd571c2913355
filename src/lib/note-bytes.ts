/**
 * What comes in fast becomes garbage fast, and the runtime's collector, which works beside everything else, falls behind:
 * of answers at a gigabyte a second it let 400 MB lie before it had been through once. So it is waited for where the
 * process is large (decision 0005).
 */

import jsc from 'bun:jsc'

/** Between two looks at the memory of the process. */
const lookEveryBytes = 64 * 1024 * 1024
/** Up to here it is a gateway of many small requests. */
const rssBytesFair = 256 * 1024 * 1024
/** From here on what is freed goes back to the system at once as well, and not when the allocator comes to it, which takes as long again. */
const rssBytesMuch = 384 * 1024 * 1024

/** Since the last look: of the process, as its heap is. */
let bytesSince = 0

/** Told of large pieces that were read, unpacked or made text. Nothing but an addition, as a rule; a collection takes 12 ms, or 26. */
export function noteBytes(bytes: number): void {
  bytesSince += bytes
  if (bytesSince < lookEveryBytes) return
  bytesSince = 0
  const rssBytes = process.memoryUsage.rss()
  if (rssBytes > rssBytesMuch) Bun.gc(true)
  else if (rssBytes > rssBytesFair) jsc.fullGC()
}
