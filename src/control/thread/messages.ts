/**
 * What the data plane's thread and the control thread say to each other. A request has an id of its sender's, and every
 * message about it bears it; a body that streams is handed over piece by piece, each for one `pull`.
 */
import type { LogEvent } from '../../lib/log-text.ts'
import type { AnswerHeaders } from '../../lib/http-server/contract.ts'
import type { CountedRejection } from '../../store/reports-db/reports-db.ts'
import type { AdminCall, AdminReply } from '../inside-admin.ts'
import type { PeopleSettings } from '../people/settings.ts'

/** What the control thread is started with. */
export type ControlSettings = {
  /** Where `people.db` and `reports.db` lie. */
  readonly dataDir: string
  /** As configured; null: as each request asks. */
  readonly publicUrl: string | null
  readonly people: PeopleSettings
  /** What cookies are signed and second factors are encrypted with. */
  readonly secret: string
}

export type SentRequest = {
  readonly method: string
  /** With the origin that the client asked for. */
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array | null
}

export type AnswerHead = { readonly status: number; readonly headers: AnswerHeaders }

/** What the control thread asks of the thread that has keys, limits and the journal in memory. */
export type Ask =
  | { readonly what: 'admin'; readonly call: AdminCall }
  | { readonly what: 'ship' }
  /** Calls that were turned away since it was asked last. */
  | { readonly what: 'rejections' }
export type Reply =
  | { readonly ok: true; readonly value: AdminReply | readonly CountedRejection[] | null }
  | { readonly ok: false; readonly message: string }

export type ToControl =
  | { readonly kind: 'request'; readonly id: number; readonly request: SentRequest }
  | { readonly kind: 'pull'; readonly id: number }
  /** Nobody wants the answer any more. */
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }

export type ToMain =
  /** It has opened what it owns. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly head: AnswerHead; readonly body: Uint8Array | null }
  /** A body follows, piece by piece. */
  | { readonly kind: 'stream'; readonly id: number; readonly head: AnswerHead }
  /** null: that was all. */
  | { readonly kind: 'piece'; readonly id: number; readonly bytes: Uint8Array | null }
  /** There will be no more of a body that began. */
  | { readonly kind: 'broken'; readonly id: number }
  | { readonly kind: 'ask'; readonly id: number; readonly ask: Ask }
  | { readonly kind: 'log'; readonly level: 'info' | 'error'; readonly event: LogEvent }

/** One side of the channel, as either thread has it. */
export type Port<Out, In> = {
  readonly postMessage: (message: Out) => void
  readonly on: (event: 'message', listener: (message: In) => void) => unknown
}
