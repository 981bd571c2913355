/** What a chat completion is, before it is written as one body or as a stream. */
import type { Choice } from '../choice.ts'
import type { Dress } from '../exchange.ts'
import type { Usage } from '../usage.ts'

/** A generated chat completion. */
export type Completion = {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly tier: string
  readonly choices: readonly Choice[]
  readonly usage: Usage
  /** As reported on the wire; undefined when a directive left it out. */
  readonly wireUsage: object | undefined
  readonly dress: Dress | null
}

/** The id of the tool call of choice `index`. */
export const toolCallId = (completionId: string, index: number): string => `call_${completionId.slice(9, 31)}${index}`

/** Why a choice ended, in OpenAI's words. */
export const finishReason = ({ ending }: Choice): string => (ending === 'tool' ? 'tool_calls' : ending)
