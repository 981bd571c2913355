import type { Enrolled } from '../roster.ts'

/** What a server knows of a connection. */
export type Guest = Enrolled & {
  /** The IP address that it is from. */
  readonly peer: string
  readonly take: (bytes: Buffer) => void
  /** Gives the socket what it takes. */
  readonly flush: () => void
  /** The client has closed it, or it broke. */
  readonly closed: () => void
  readonly close: () => void
  /** Ends what takes too long. `now`: as of the last second. */
  readonly look: (now: number) => void
  /** Whether a request is under way, or an answer on its way. */
  readonly isBusy: boolean
  /** Since when nothing is under way on it that anybody wants; null while something is. */
  readonly restingSince: number | null
  /** Whether it ever brought a request. */
  readonly hasAsked: boolean
}

/** Why a connection is not let in. */
export type TurnedAwayFor = 'full' | 'address-connections' | 'address-new' | 'proxy-header'
/** Or does not stay: to make room for another while nothing was under way on it, because it kept too much unasked, or took nothing of an answer whose memory others waited for. */
export type RefusedFor = TurnedAwayFor | 'made-room' | 'memory' | 'untaken'
