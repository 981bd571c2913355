/** Requests that were handed to the control thread, and their answers as they come back; none is left waiting when it dies. */
import type { Clock } from '../../lib/clock.ts'
import { problemAnswer, type HttpAnswer, type HttpRequest } from '../../lib/http-server/contract.ts'
import type { Piece, Source } from '../../lib/source.ts'
import type { AnswerHead, SentRequest, ToControl, ToMain } from './messages.ts'

/** What is about a request. */
export type Heard = Exclude<ToMain, { kind: 'ask' | 'log' | 'ready' }>

export type Exchanges = {
  readonly send: (request: Pick<HttpRequest, 'onLeave'>, sent: SentRequest) => Promise<HttpAnswer>
  readonly hear: (message: Heard) => void
  /** Requests that are not over. */
  readonly many: () => number
  /** The thread is gone: what waits is told so. */
  readonly end: () => void
}

export type ExchangesDeps = {
  readonly clock: Pick<Clock, 'monotonic'>
  /** How long a request may take until its answer begins. */
  readonly headMsMax: number
  /** Nothing at all was heard for as long as a request may take. */
  readonly stuck: () => void
}

type Waiting = { readonly resolve: (piece: Piece) => void; readonly reject: (error: Error) => void }
type Exchange = {
  readonly answer: (answer: HttpAnswer) => void
  readonly timer: ReturnType<typeof setTimeout>
  /** Whoever waits for the next piece of a body. */
  reading: Waiting | null
}
type ControlPort = { readonly postMessage: (message: ToControl) => void }

export function followExchanges(port: ControlPort, { clock, headMsMax, stuck }: ExchangesDeps): Exchanges {
  const open = new Map<number, Exchange>()
  let lastId = 0
  let heardAt = clock.monotonic()
  const close = (id: number): Exchange | undefined => {
    const exchange = open.get(id)
    open.delete(id)
    clearTimeout(exchange?.timer)
    return exchange
  }
  const abandon = (id: number): void => {
    const exchange = close(id)
    if (!exchange) return
    port.postMessage({ kind: 'cancel', id })
    giveUp(exchange)
  }
  const tooLate = (id: number, sentAt: number): void => {
    abandon(id)
    if (heardAt <= sentAt) stuck()
  }
  const bodyOf = (id: number): Source => ({
    length: null,
    read: () =>
      new Promise((resolve, reject) => {
        const exchange = open.get(id)
        if (!exchange) return reject(new Error('the control thread ended'))
        exchange.reading = { resolve, reject }
        port.postMessage({ kind: 'pull', id })
      }),
    cancel: () => Promise.resolve(abandon(id)),
  })
  return {
    many: () => open.size,
    send: (request, sent) =>
      new Promise((answer) => {
        const id = ++lastId
        const sentAt = clock.monotonic()
        const timer = setTimeout(() => tooLate(id, sentAt), headMsMax)
        open.set(id, { answer, timer, reading: null })
        port.postMessage({ kind: 'request', id, request: sent })
        request.onLeave(() => abandon(id))
      }),
    hear(message) {
      heardAt = clock.monotonic()
      const exchange = open.get(message.id)
      if (!exchange) return
      hearOf(exchange, message, { close: () => close(message.id), body: () => bodyOf(message.id) })
    },
    end() {
      for (const id of open.keys()) giveUp(close(id)!)
    },
  }
}

type Hearing = { readonly close: () => void; readonly body: () => Source }

function hearOf(exchange: Exchange, message: Heard, { close, body }: Hearing): void {
  switch (message.kind) {
    case 'answer':
      close()
      return exchange.answer(answerOf(message.head, message.body))
    case 'stream':
      clearTimeout(exchange.timer)
      return exchange.answer(answerOf(message.head, body()))
    case 'piece': {
      const { reading } = exchange
      exchange.reading = null
      if (message.bytes === null) close()
      return reading?.resolve(message.bytes === null ? { done: true } : { done: false, value: message.bytes })
    }
    case 'broken':
      close()
      return giveUp(exchange)
  }
}

const answerOf = (head: AnswerHead, body: HttpAnswer['body']): HttpAnswer => ({ ...head, body })

/** To one that was answered already, the answer changes nothing, and its body breaks off. */
function giveUp({ answer, reading }: Exchange): void {
  const answered = problemAnswer(503, 'The pages did not answer. Try again in a moment.')
  answered.headers['retry-after'] = '1'
  answer(answered)
  reading?.reject(new Error('the control thread gave no more'))
}
