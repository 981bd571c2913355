/** Writing to stderr without ever waiting for whoever reads it. */
import { write } from 'node:fs'
import type { Write } from './line-writer.ts'

const stderrFd = 2

/**
 * Calls back when the bytes are gone, however long that takes. A terminal that is held (Ctrl-S) would stop the whole
 * process in `process.stderr.write`, which waits for terminals; a thread of the pool waits in its place.
 */
export const writeToStderr: Write = (bytes, written) => {
  if (process.stderr.isTTY) writeInPool(bytes, written)
  else process.stderr.write(bytes, () => written())
}

function writeInPool(bytes: Uint8Array, written: () => void): void {
  write(stderrFd, bytes, (error, count) => {
    // A terminal that is gone takes nothing more.
    if (error || count >= bytes.length) written()
    else writeInPool(bytes.subarray(count), written)
  })
}
