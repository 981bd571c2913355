/** How many files and sockets this process may have open, and who gets how many of them. */
import { readFileSync } from 'node:fs'

/** Where nobody says; the least that systems of today allow. */
const openFilesUnknown = 1_024
/** For journal, store and the runtime itself, of which 21 are open at rest, 64 connections for metrics, and what is only open for a moment. */
const reserveMany = 128
/** Of a limit that is lower still, so that a client can always come. */
const shareMin = 16

/** The limit of this process (`ulimit -n`), as Linux tells it; 1,024 where it cannot be read. */
export function openFilesMax(path = '/proc/self/limits'): number {
  try {
    const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(readFileSync(path, 'utf8')) ?? []
    if (soft === 'unlimited') return Number.POSITIVE_INFINITY
    return soft === undefined ? openFilesUnknown : Number(soft)
  } catch {
    return openFilesUnknown
  }
}

/** So many connections of clients may there be, and as many to upstreams: a request that is served needs one of each. */
export const connectionShare = (filesMax: number): number =>
  Math.max(shareMin, Math.floor((filesMax - reserveMany) / 2))
