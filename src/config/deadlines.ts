import type { ModelKind } from '../catalog/catalog.ts'
import type { MartFile } from './resolve.ts'

/** ms until there is a connection, of silence before a heartbeat, until the answer begins, between two of its pieces, and in all. */
type Deadlines = {
  readonly connectMs: number
  readonly heartbeatMs: number
  readonly firstByteMs: number
  readonly idleMs: number
  readonly totalMs: number
}

/** The deadlines of a kind of model: its own where it has some, else those of all. */
export function deadlinesFor(deadlines: MartFile['deadlines'], kind: ModelKind): Deadlines {
  const own = deadlines.byKind[kind]
  return {
    connectMs: deadlines.connectMs,
    heartbeatMs: deadlines.heartbeatMs,
    firstByteMs: own.firstByteMs ?? deadlines.firstByteMs,
    idleMs: own.idleMs ?? deadlines.idleMs,
    totalMs: own.totalMs ?? deadlines.totalMs,
  }
}
