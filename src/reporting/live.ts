/** What happens now: how many requests a second, what they cost a minute, and the newest of them, for whoever watches. */
import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import { modes } from '../store/store.ts'
import type { Book, Entry } from '../store/reports-db/reports-db.ts'
import { NanoShape, TimeShape } from './figures.ts'
import { entryJson, EntryShape, type KeyName } from './requests.ts'

export const LiveFrameShape = z.strictObject({
  mode: z.enum(modes),
  at: TimeShape,
  requestsPerSecond: z.number().describe('Over the last ten seconds.'),
  nanoPerMinute: NanoShape.describe('Over the last minute.'),
  errorsPerMinute: z.int(),
  newest: z.array(EntryShape).describe('Those that ended since the frame before, newest first, at most 20.'),
})
export type LiveFrame = z.infer<typeof LiveFrameShape>

const secondMs = 1_000
const windowSeconds = 60
const rateSeconds = 10
/** Of each frame, and of what is kept of a book. */
const newestMax = 20
/** Within so long a frame says the same. */
const sharedMs = 100

type Second = { second: number; requests: number; errors: number; chargeNano: bigint }
type Pulse = {
  readonly seconds: Second[]
  /** The newest that arrived, each with how many there were before it. */
  readonly arrived: { readonly place: number; readonly entry: Entry }[]
  many: number
  watchers: number
  /** The newest that was made: nearly all who watch have seen as much, and ask at the same moment. */
  made: { readonly seen: number; readonly many: number; readonly at: number; readonly frame: LiveFrame } | null
}

export type Watcher = {
  /** What happened since the frame before. */
  readonly frame: (keyName: KeyName) => LiveFrame
  readonly stop: () => void
}

/** Keeps what the last minute brought of those books that somebody watches, and of no other. */
export function createLive(clock: Pick<Clock, 'now'>) {
  const pulses = new Map<string, Pulse>()
  return {
    isWatched: (): boolean => pulses.size > 0,
    /** Tells of requests that have ended. */
    note(entries: readonly Entry[]): void {
      if (pulses.size === 0) return
      const oldest = clock.now() - windowSeconds * secondMs
      for (const entry of entries) {
        const pulse = pulses.get(keyOf(entry))
        if (pulse && entry.endedAt > oldest) addTo(pulse, entry)
      }
    },
    /** `recent`: what ended within the last minute, for a book that nobody watched until now. */
    watch(of: Book, recent: () => readonly Entry[]): Watcher {
      const key = keyOf(of)
      const known = pulses.get(key)
      const pulse = known ?? newPulse(recent())
      pulses.set(key, pulse)
      pulse.watchers += 1
      let seen = known ? pulse.many : 0
      let isStopped = false
      return {
        frame(keyName) {
          const [now, from] = [clock.now(), seen]
          seen = pulse.many
          const { made } = pulse
          if (made?.seen === from && made.many === seen && now - made.at < sharedMs) return made.frame
          const newest = pulse.arrived.filter(({ place }) => place >= from).map(({ entry }) => entry)
          const shown = newest.toReversed().map((entry) => entryJson(entry, { keyName, isOperator: false }))
          const frame = { mode: of.mode, ...ratesOf(pulse, now), newest: shown }
          pulse.made = { seen: from, many: seen, at: now, frame }
          return frame
        },
        stop() {
          if (isStopped) return
          isStopped = true
          pulse.watchers -= 1
          if (pulse.watchers === 0) pulses.delete(key)
        },
      }
    },
  }
}

const keyOf = ({ organizationId, mode }: Book): string => `${mode} ${organizationId}`

function newPulse(recent: readonly Entry[]): Pulse {
  const seconds = Array.from({ length: windowSeconds }, () => ({ second: 0, requests: 0, errors: 0, chargeNano: 0n }))
  const pulse: Pulse = { seconds, arrived: [], many: 0, watchers: 0, made: null }
  for (const entry of recent.toReversed()) addTo(pulse, entry)
  return pulse
}

function addTo(pulse: Pulse, entry: Entry): void {
  const second = Math.floor(entry.endedAt / secondMs)
  const place = pulse.seconds[second % windowSeconds]!
  if (place.second < second) Object.assign(place, { second, requests: 0, errors: 0, chargeNano: 0n })
  if (place.second === second) {
    place.requests += 1
    place.errors += entry.isError ? 1 : 0
    place.chargeNano += entry.chargeNano
  }
  pulse.arrived.push({ place: pulse.many, entry })
  pulse.many += 1
  if (pulse.arrived.length > newestMax) pulse.arrived.shift()
}

function ratesOf({ seconds }: Pulse, now: number): Omit<LiveFrame, 'mode' | 'newest'> {
  const second = Math.floor(now / secondMs)
  const minute = seconds.filter((each) => each.second > second - windowSeconds)
  // The second that is under way is not over, and says too little.
  const whole = minute.filter((each) => each.second < second && each.second >= second - rateSeconds)
  return {
    at: new Date(now).toISOString(),
    requestsPerSecond: whole.reduce((sum, { requests }) => sum + requests, 0) / rateSeconds,
    nanoPerMinute: minute.reduce((sum, { chargeNano }) => sum + chargeNano, 0n).toString(),
    errorsPerMinute: minute.reduce((sum, { errors }) => sum + errors, 0),
  }
}
