/** A generated answer before it is written, as one body or as a stream. */
import type { Choice } from '../choice.ts'
import type { Directives } from '../directives.ts'
import type { Dress } from '../dress.ts'
import type { Prompt } from '../prompt.ts'
import type { Usage } from '../usage.ts'
import type { Picture } from './picture.ts'
import type { Grounded } from './server-tools.ts'

/** One candidate: what was said, what was drawn, and what the service's own tools found. */
export type Candidate = {
  readonly choice: Choice
  readonly picture: Picture | null
  readonly grounded: Grounded | null
}

/** Output tokens of a candidate that are no picture's: what is said and the code that was run. */
export const saidTokens = ({ choice, grounded }: Candidate): number =>
  choice.visibleTokens + (grounded?.parts ?? []).reduce((sum, { output }) => sum + output, 0)

/** A generated answer, before it is written as one body or as a stream. */
export type Generated = {
  readonly id: string
  readonly modelVersion: string
  readonly prompt: Prompt
  readonly candidates: readonly Candidate[]
  readonly usage: Usage
  /** Of the input: what the service's own tools added to the prompt. */
  readonly toolUseTokens: number
  readonly includeThoughts: boolean
  /** How many alternatives of each token are told; null for no probabilities at all. */
  readonly logprobs: number | null
  readonly usageWish: Directives['usage']
  /** The prompt was blocked: no candidates, and the prompt's tokens alone. */
  readonly isBlocked: boolean
  readonly dress: Dress | null
}
