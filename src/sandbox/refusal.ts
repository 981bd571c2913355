/** What a sandbox request is refused with. Each dialect turns it into its vendor's own envelope. */
export type RefusalDetail = {
  /** OpenAI's `code`; Gemini's ErrorInfo `reason`. */
  readonly code?: string | null
  /** OpenAI's `type`, where it is not what the status says. */
  readonly type?: string
  /** The field at fault. */
  readonly param?: string | null
  /** Seconds, for the retry-after header and Gemini's RetryInfo. */
  readonly retryAfterSeconds?: number
  /** Further entries of Gemini's `details`. */
  readonly details?: readonly object[]
}

/** Thrown anywhere before generation; nothing was served and nothing is counted. */
export class Refusal extends Error {
  readonly status: number
  readonly detail: RefusalDetail
  constructor(status: number, message: string, detail: RefusalDetail = {}) {
    super(message)
    this.status = status
    this.detail = detail
  }
}
