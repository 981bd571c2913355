import { useEffect, useReducer, useRef } from 'react'
import type { GivenKey } from '../../api/keyed-call.ts'
import { answerTo, type Ask, type Piece } from './call.ts'

/** One call and what came of it. */
export type Exchange = {
  readonly id: number
  readonly ask: Ask
  /** What it was asked with, and its receipt is. */
  readonly key: GivenKey
  readonly requestId: string | null
  readonly text: string
  readonly media: readonly Extract<Piece, { readonly kind: 'image' | 'video' }>[]
  /** How far it is, of what takes long. */
  readonly note: string | null
  readonly error: unknown
  readonly state: 'running' | 'done' | 'stopped'
}

type Change =
  | { readonly kind: 'begin'; readonly begun: Exchange }
  | { readonly kind: 'update'; readonly id: number; readonly update: (exchange: Exchange) => Exchange }
  | { readonly kind: 'clear' }

const reduce = (exchanges: readonly Exchange[], change: Change): readonly Exchange[] => {
  switch (change.kind) {
    case 'begin':
      return [...exchanges, change.begun]
    case 'update':
      return exchanges.map((each) => (each.id === change.id ? change.update(each) : each))
    case 'clear':
      return []
  }
}

const begun = (ask: Ask, key: GivenKey, id: number): Exchange => ({
  id,
  ask,
  key,
  requestId: null,
  text: '',
  media: [],
  note: null,
  error: null,
  state: 'running',
})

const withPiece = (exchange: Exchange, piece: Piece): Exchange => {
  switch (piece.kind) {
    case 'text':
      return { ...exchange, text: exchange.text + piece.text }
    case 'note':
      return { ...exchange, note: piece.text }
    case 'image':
    case 'video':
      return { ...exchange, note: null, media: [...exchange.media, piece] }
  }
}

/** The calls of this visit, in memory alone. One at a time; leaving the page stops it. */
export function useExchanges(key: GivenKey | null) {
  const [exchanges, change] = useReducer(reduce, [])
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const send = (ask: Ask): void => {
    if (key === null) return
    const id = Date.now()
    const controller = new AbortController()
    running.current = controller
    const update = (update: (exchange: Exchange) => Exchange): void => change({ kind: 'update', id, update })
    change({ kind: 'begin', begun: begun(ask, key, id) })
    answerTo(ask, {
      key,
      signal: controller.signal,
      onRequestId: (requestId) => update((exchange) => ({ ...exchange, requestId })),
      onPiece: (piece) => update((exchange) => withPiece(exchange, piece)),
    }).then(
      () => update((exchange) => ({ ...exchange, note: null, state: 'done' })),
      (error: unknown) =>
        update((exchange) =>
          controller.signal.aborted
            ? { ...exchange, note: null, state: 'stopped' }
            : { ...exchange, note: null, state: 'done', error },
        ),
    )
  }
  return {
    exchanges,
    send,
    stop: () => running.current?.abort(),
    clear: () => change({ kind: 'clear' }),
    isBusy: exchanges.some(({ state }) => state === 'running'),
  }
}
