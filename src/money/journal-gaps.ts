/**
 * What of a journal nobody can read any more. A torn end is what a power cut or a kill leaves, and nothing of it was
 * promised; anything else was: bytes with whole blocks behind them, and numbers that the next record or segment shows
 * to have been given out.
 */
import { basename } from 'node:path'
import type { Damage } from '../lib/blocks.ts'

/** Records from `afterSeq + 1` to `toSeq` are lost; none where both are the same, and only unnumbered lines may be. */
export type Loss = { readonly afterSeq: number; readonly toSeq: number; readonly detail: string }

export type GapFinder = {
  /** Bytes that are no block. */
  readonly damaged: (path: string, damage: Damage) => void
  /** A record carries this number. Gives what is missing before it. */
  readonly record: (seq: number) => Loss | null
  /** A segment begins behind the record of this number. Gives what is missing before it. */
  readonly segment: (seq: number) => Loss | null
  /** The journal is at its end. Gives what is known to be missing there. */
  readonly end: () => Loss | null
}

/** `storeSeq`: what the store has, and nobody needs. `hasPromised`: whether this node ever leased money, so that there must be a journal. */
export function findGaps(storeSeq: number, hasPromised: boolean): GapFinder {
  let lastSeq = storeSeq
  let seenSeq = 0
  let hasSegment = false
  let places: string[] = []
  let ends: string[] = []
  const between = (afterSeq: number, toSeq: number): Loss | null => {
    // What is torn off at the end of a file is only of interest where something is missing there.
    const unreadable = [...places, ...(toSeq > afterSeq ? ends : [])].join(', ')
    places = []
    ends = []
    if (toSeq <= afterSeq && unreadable === '') return null
    const missing =
      toSeq > afterSeq
        ? recordsLost(afterSeq + 1, toSeq)
        : 'no numbered record is missing, notes of requests that had begun may be'
    return {
      afterSeq,
      toSeq: Math.max(afterSeq, toSeq),
      detail: unreadable === '' ? missing : `${unreadable} cannot be read: ${missing}`,
    }
  }
  const upTo = (seq: number, last: number): Loss | null => {
    const loss = between(lastSeq, seq)
    lastSeq = Math.max(lastSeq, last)
    seenSeq = Math.max(seenSeq, last)
    return loss
  }
  return {
    damaged(path, { start, end, isTail }) {
      const list = isTail ? ends : places
      list.push(`bytes ${start} to ${end} of ${basename(path)}`)
    },
    record: (seq) => upTo(seq - 1, seq),
    segment(seq) {
      hasSegment = true
      return upTo(seq, seq)
    },
    end() {
      const loss = between(lastSeq, lastSeq)
      if (seenSeq >= storeSeq && (hasSegment || !hasPromised)) return loss
      const whole = hasSegment ? `the journal ends at record ${seenSeq}` : 'there is no journal'
      const detail = `${whole}, and the store has up to record ${storeSeq}: what was written behind that and not shipped is lost`
      return { afterSeq: storeSeq, toSeq: storeSeq, detail: loss ? `${loss.detail}; ${detail}` : detail }
    },
  }
}

const recordsLost = (first: number, last: number): string =>
  first === last ? `record ${first} is lost` : `records ${first} to ${last} are lost`
