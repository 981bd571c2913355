/** What the request path tells of itself to whoever watches it: metrics, traces and the request log. Never a prompt, a body or a secret. */
import type { Attempt, Mode, Settlement } from '../store/store.ts'
import type { FailureCode } from './errors.ts'

/** One request, once it has ended, with times in epoch ms and durations in ms. */
export type RequestEnded = {
  readonly requestId: string
  readonly endpoint: string
  readonly dialect: 'openai' | 'genai'
  /** Absent where the request did not get that far. */
  readonly organizationId: string | null
  readonly keyId: string | null
  /** Of its key. */
  readonly mode: Mode | null
  /** As the client wrote it where the failure is `model_not_found`: it may be anything, and is no label. */
  readonly model: string | null
  readonly startedAt: number
  readonly durationMs: number
  readonly status: number
  /** Why it was refused or failed; null when it was served. */
  readonly failure: FailureCode | null
  /** How it went upstream; null when it never came so far. */
  readonly relayed: Relayed | null
  /** null when it owes nothing: it was free, or was never admitted. */
  readonly settlement: Settlement | null
  /** The request whose answer was given again; absent or null for nearly all. */
  readonly replayOf?: string | null
  /** W3C trace context, as the client sent it. */
  readonly traceparent?: string | null
  /** The client's IP address: for the log alone, and never a label. */
  readonly address: string
}

/** What became of a request upstream, paid or free. */
export type Relayed = Pick<Settlement, 'upstream' | 'region' | 'ending' | 'streamed' | 'attempts' | 'firstByteMs'>

/** Something an operator must act on, such as a vendor account without money. */
export type Alert =
  | {
      readonly event: 'upstream-out-of-quota' | 'upstream-credential-refused' | 'upstream-model-missing'
      readonly deployment: string
      readonly provider: string
      /** One line that says what is wrong and what to mend. */
      readonly message: string
    }
  /** A live key asked for a model that no real deployment serves, or a test key for one that no sandbox does. */
  | { readonly event: 'no-real-provider' | 'no-sandbox'; readonly model: string }

export type Observer = {
  readonly requestEnded: (ended: RequestEnded) => void
  /** One try at one deployment has brought an answer's beginning, or has failed. */
  readonly attemptEnded: (requestId: string, attempt: Attempt) => void
  readonly alert: (alert: Alert) => void
  /** What a request left behind has ended: what it owes is known now, and was nothing when the request ended. */
  readonly reservationEnded?: (settlement: Settlement) => void
}
