/**
 * What the sandbox served, as disjoint classes: no token is in two of them, and their sum is the
 * total of the reply. `input` is the prompt without its cached part, of every modality; `output` is
 * the visible answer; `reasoning` the hidden one (Gemini: thoughts); `imageOutput` image tokens; `toolInput` what a tool
 * that draws read. No tokens are `webSearches`, which OpenAI bills by their number, and `videoSeconds`.
 */
export type Usage = {
  readonly input: number
  readonly cachedInput: number
  readonly output: number
  readonly reasoning: number
  readonly imageOutput: number
  readonly toolInput: number
  readonly webSearches: number
  readonly videoSeconds: number
}

/** Nothing served. */
export const noUsage: Usage = {
  input: 0,
  cachedInput: 0,
  output: 0,
  reasoning: 0,
  imageOutput: 0,
  toolInput: 0,
  webSearches: 0,
  videoSeconds: 0,
}

/** The two, class by class. */
export const addUsage = (one: Usage, other: Usage): Usage => ({
  input: one.input + other.input,
  cachedInput: one.cachedInput + other.cachedInput,
  output: one.output + other.output,
  reasoning: one.reasoning + other.reasoning,
  imageOutput: one.imageOutput + other.imageOutput,
  toolInput: one.toolInput + other.toolInput,
  webSearches: one.webSearches + other.webSearches,
  videoSeconds: one.videoSeconds + other.videoSeconds,
})
