/** Several observers as one. What goes wrong in one of them is logged, and disturbs neither a request nor the others. */
import type { Alert, Observer, RequestEnded } from '../gateway/observe.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Attempt, Settlement } from '../store/store.ts'
import { createThrottle } from './throttle.ts'

const quietMs = 60_000

/** Calls each observer in turn; a failing one is logged at most once a minute. */
export function combineObservers(
  deps: { readonly log: Log; readonly clock: Clock },
  ...observers: readonly Observer[]
): Observer {
  const throttle = createThrottle(quietMs, deps.clock)
  const failed = (error: unknown): void => {
    const often = throttle('observer')
    if (often !== null) deps.log.error({ event: 'observer-failed', error, ...often })
  }
  // One loop for each event: a call through a closure would cost every request an allocation.
  return {
    requestEnded(ended: RequestEnded) {
      for (const observer of observers) {
        try {
          observer.requestEnded(ended)
        } catch (error) {
          failed(error)
        }
      }
    },
    attemptEnded(requestId: string, attempt: Attempt) {
      for (const observer of observers) {
        try {
          observer.attemptEnded(requestId, attempt)
        } catch (error) {
          failed(error)
        }
      }
    },
    reservationEnded(settlement: Settlement) {
      for (const observer of observers) {
        try {
          observer.reservationEnded?.(settlement)
        } catch (error) {
          failed(error)
        }
      }
    },
    alert(alert: Alert) {
      for (const observer of observers) {
        try {
          observer.alert(alert)
        } catch (error) {
          failed(error)
        }
      }
    },
  }
}
