/** Now, as pages with a period that is still going on have it. */
import { useSyncExternalStore } from 'react'

const minuteMs = 60_000

/** The last millisecond of this minute, epoch ms, told anew once a minute: what happens now is in a period that ends then. */
export const useMinute = (): number => useSyncExternalStore(everyMinute, endOfMinute)

const endOfMinute = (): number => Math.floor(Date.now() / minuteMs) * minuteMs + minuteMs - 1

function everyMinute(tell: () => void): () => void {
  const timer = setInterval(tell, minuteMs)
  return () => clearInterval(timer)
}
