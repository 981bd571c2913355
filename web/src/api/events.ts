/** Server-sent events, for as long as somebody looks. */
import { useEffect, useRef, useState } from 'react'

export type EventsState = 'connecting' | 'live' | 'waiting'

const firstWaitMs = 500
const longestWaitMs = 4_000

/**
 * Tells each event's data, which is JSON, while the page is shown and `url` is not null. A connection that breaks is made
 * again, after waits that double up to some seconds; the state says which it is.
 */
export function useEvents(url: string | null, onEvent: (event: unknown) => void): EventsState {
  const [state, setState] = useState<EventsState>('connecting')
  const tell = useRef(onEvent)
  useEffect(() => {
    tell.current = onEvent
  })
  useEffect(() => {
    if (url === null) return
    return listen(url, { setState, tell: (event) => tell.current(event) })
  }, [url])
  return state
}

type Listener = { readonly setState: (state: EventsState) => void; readonly tell: (event: unknown) => void }

/** Returns what ends it. */
function listen(url: string, { setState, tell }: Listener): () => void {
  let source: EventSource | null = null
  let waitMs = firstWaitMs
  let timer: ReturnType<typeof setTimeout> | undefined
  const close = (): void => {
    clearTimeout(timer)
    source?.close()
    source = null
  }
  const open = (): void => {
    close()
    if (document.hidden) return
    source = new EventSource(url)
    source.addEventListener('open', () => {
      waitMs = firstWaitMs
      setState('live')
    })
    source.addEventListener('message', ({ data }) => tell(JSON.parse(String(data))))
    source.addEventListener('error', () => {
      close()
      setState('waiting')
      timer = setTimeout(open, waitMs)
      waitMs = Math.min(waitMs * 2, longestWaitMs)
    })
  }
  document.addEventListener('visibilitychange', open)
  open()
  return () => {
    document.removeEventListener('visibilitychange', open)
    close()
  }
}
