/** A response as it is kept, for whoever asks for it again or goes on from it. */
import type { Job } from '../../jobs.ts'
import type { Item } from './item-fields.ts'
import type { Run } from './run.ts'

/** An item with the id that the vendor gave it, if the client did not. */
export type KeptItem = Item & { readonly id: string }

export type StoredResponse = {
  readonly run: Run
  /** The items of the call, references resolved. */
  readonly input: readonly KeptItem[]
  readonly previousId: string | null
  /** Null of one that was made at once. */
  readonly job: Job | null
  /** Whether it can be streamed again: it was created in the background, as a stream. */
  readonly isResumable: boolean
}
