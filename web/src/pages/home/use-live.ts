/** What happens now in an organization: its rates over the last minutes, and its newest requests. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useReducer, useRef } from 'react'
import type { EntryJson, LiveFrameJson } from '../../../../src/control/contract-pages.ts'
import { urlOf } from '../../api/client.ts'
import { useEvents, type EventsState } from '../../api/events.ts'
import { organizationQuery, useOrganization } from '../../shell/organization.ts'
import { homeQuery } from './home-query.ts'

export type Live = {
  readonly state: EventsState
  /** null until the first frame. */
  readonly frame: LiveFrameJson | null
  /** Requests a second, a value each second, the newest last. */
  readonly rates: readonly number[]
  /** The newest first. */
  readonly newest: readonly EntryJson[]
}

const ratesMax = 60
const newestMax = 12
/** Balances and sums are asked for anew this long after requests ended, ms, and no more often than that however many end. */
const settleMs = 400
const againMsMin = 3_000

const nothing = { frame: null, rates: [], newest: [], second: 0 } as const
type Seen = Omit<Live, 'state'> & { readonly second: number }

export function useLive(): Live {
  const { organization, mode, may } = useOrganization()
  const client = useQueryClient()
  const [seen, tell] = useReducer(withFrame, nothing)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const lastAt = useRef(-Infinity)
  const again = (): void => {
    timer.current = undefined
    lastAt.current = performance.now()
    void client.invalidateQueries({ queryKey: homeQuery(organization.id, mode).queryKey })
    void client.invalidateQueries({ queryKey: organizationQuery(organization.id).queryKey })
  }
  const url = urlOf(`/api/organizations/${encodeURIComponent(organization.id)}/live`, { mode })
  const state = useEvents(may('requests.read') ? url : null, (event) => {
    const frame = event as LiveFrameJson
    tell(frame)
    if (frame.newest.length === 0) return
    timer.current ??= setTimeout(again, Math.max(settleMs, lastAt.current + againMsMin - performance.now()))
  })
  useEffect(() => () => clearTimeout(timer.current), [])
  return { state, frame: seen.frame, rates: seen.rates, newest: seen.newest }
}

function withFrame(seen: Seen, frame: LiveFrameJson): Seen {
  const second = Math.floor(Date.parse(frame.at) / 1_000)
  const rates = second === seen.second ? seen.rates.slice(0, -1) : seen.rates
  const known = new Set(frame.newest.map(({ id }) => id))
  return {
    frame,
    second,
    rates: [...rates, frame.requestsPerSecond].slice(-ratesMax),
    newest: [...frame.newest, ...seen.newest.filter(({ id }) => !known.has(id))].slice(0, newestMax),
  }
}
