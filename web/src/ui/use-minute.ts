/** Now, as pages with a period that is still going on have it. */
import { useSyncExternalStore } from 'react'

const minuteMs = 60_000

/** Epoch ms, told again once a minute. */
export const useMinute = (): number => useSyncExternalStore(everyMinute, thisMinute)

const thisMinute = (): number => Math.floor(Date.now() / minuteMs) * minuteMs

function everyMinute(tell: () => void): () => void {
  const timer = setInterval(tell, minuteMs)
  return () => clearInterval(timer)
}
