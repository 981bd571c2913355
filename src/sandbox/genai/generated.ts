/** A generated answer before it is written, as one body or as a stream. */
import type { Choice } from '../choice.ts'
import type { Directives } from '../directives.ts'
import type { Dress } from '../exchange.ts'
import type { Prompt } from '../prompt.ts'
import type { Usage } from '../usage.ts'
import type { Picture } from './picture.ts'

export type Candidate = { readonly choice: Choice; readonly picture: Picture | null }

/** A generated answer, before it is written as one body or as a stream. */
export type Generated = {
  readonly id: string
  readonly modelVersion: string
  readonly prompt: Prompt
  readonly candidates: readonly Candidate[]
  readonly usage: Usage
  readonly includeThoughts: boolean
  readonly usageWish: Directives['usage']
  /** The prompt was blocked: no candidates, and the prompt's tokens alone. */
  readonly isBlocked: boolean
  readonly dress: Dress | null
}
