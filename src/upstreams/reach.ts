/**
 * Whether a host takes connections, asked before the first call after a quiet while. `fetch` has no
 * deadline for connecting alone, and a call that was never sent is the one failure after which any
 * other deployment may be tried.
 */
import { connect } from 'node:net'

export type Reach = {
  /** null when the host was heard from lately; else resolves once it takes a connection. Rejects with an `UnreachableError`. */
  readonly check: (url: string, connectMs: number, signal: AbortSignal) => Promise<void> | null
  /** An answer came from there. */
  readonly heard: (url: string) => void
}

/** No connection could be made, so nothing was sent. */
export class UnreachableError extends Error {
  constructor(reason: string) {
    super(`the host takes no connection: ${reason}`)
    this.name = 'UnreachableError'
  }
}

const freshMs = 10_000

/** `isProxied`: calls leave through a proxy, so that only the proxy can tell. */
export function createReach(now: () => number, isProxied: boolean): Reach {
  const heardAt = new Map<string, number>()
  return {
    check(url, connectMs, signal) {
      const origin = originOf(url)
      if (isProxied || now() - (heardAt.get(origin) ?? Number.NEGATIVE_INFINITY) < freshMs) return null
      return connection(new URL(origin), connectMs, signal).then(() => void heardAt.set(origin, now()))
    },
    heard: (url) => void heardAt.set(originOf(url), now()),
  }
}

/** Scheme, host and port: a URL as far as its third slash. Only our own configuration writes these. */
function originOf(url: string): string {
  const end = url.indexOf('/', url.indexOf('//') + 2)
  return end === -1 ? url : url.slice(0, end)
}

function connection({ hostname, port, protocol }: URL, connectMs: number, signal: AbortSignal): Promise<void> {
  const host = hostname.replace(/^\[|\]$/g, '')
  const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80) })
  return new Promise<void>((resolve, reject) => {
    const fail = (reason: string): void => reject(new UnreachableError(reason))
    const timer = setTimeout(() => fail(`none within ${connectMs} ms`), connectMs)
    socket.once('connect', () => resolve())
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
    signal.addEventListener('abort', () => fail('the call was given up'), { once: true })
    socket.once('close', () => clearTimeout(timer))
  }).finally(() => socket.destroy())
}
