/** A generated response, and the object that the vendor shows of it in each of its states. */
import type { Dress } from '../../dress.ts'
import type { Usage } from '../../usage.ts'
import { doneItem, type OutputItem } from './output-item.ts'

/** How it ends. */
export type Ending =
  | { readonly status: 'completed' }
  | { readonly status: 'incomplete'; readonly reason: 'max_output_tokens' | 'content_filter' }
  /** Half-way. `isBare`: a stream says so by an event without a response. */
  | { readonly status: 'failed'; readonly isBare: boolean }

/** Everything there is to tell of a response; it is told over time by the states and by the events. */
export type Run = {
  readonly id: string
  /** Seconds since the epoch. */
  readonly createdAt: number
  /** What the call said of it, defaults filled in. */
  readonly asked: Asked
  readonly model: string
  readonly tier: string
  readonly items: readonly OutputItem[]
  readonly ending: Ending
  readonly usage: Usage
  /** As reported on the wire; null and undefined when a directive left them out. */
  readonly wireUsage: object | null
  readonly toolUsage: object | undefined
  readonly isObfuscated: boolean
  readonly dress: Dress | null
}

/** The members of a response that repeat the call. */
export type Asked = { readonly [field: string]: unknown } & { readonly metadata: object; readonly background: boolean }

/** Where a response is on its way. */
export type State = 'queued' | 'in_progress' | 'cancelled' | Ending['status']

/** The response in a state; `completedAt` in seconds, of one that has completed. */
export function responseIn(state: State, run: Run, completedAt = run.createdAt): object {
  const isOver = state === 'completed' || state === 'incomplete'
  const response = {
    id: run.id,
    object: 'response',
    created_at: run.createdAt,
    status: state,
    billing: { payer: 'developer' },
    completed_at: state === 'completed' ? completedAt : null,
    error: state === 'failed' ? failure : null,
    frequency_penalty: 0,
    incomplete_details:
      state === 'incomplete' && run.ending.status === 'incomplete' ? { reason: run.ending.reason } : null,
    model: run.model,
    output: isOver ? run.items.map(doneItem) : [],
    presence_penalty: 0,
    service_tier: isOver || state === 'failed' ? run.tier : 'auto',
    ...run.asked,
    ...(isOver && run.toolUsage !== undefined && { tool_usage: run.toolUsage }),
    usage: isOver ? run.wireUsage : null,
  }
  return run.dress ? run.dress(response, isOver) : response
}

/** What the vendor says of a response that it failed to make. */
export const failure = {
  code: 'server_error',
  message: 'The server had an error while processing your request. Sorry about that!',
}
