/** Stops at a broken promise of our own code; the message names the promise. Crashes the request, not the process. */
export function assert(condition: unknown, brokenPromise: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${brokenPromise}`)
}
