/**
 * The figures of an OpenAI-shaped usage object under the names that are ours to count by, from whatever names
 * compatible upstreams give them. Where one thing is told under two names, the larger figure counts: zeros are
 * defaults. What is no figure is left out alone.
 */
import { isQuantity } from '../../../money/usage.ts'
import { isMembers } from '../merge-usage.ts'

/** Figures as told, 0 where nothing is; they may overlap and contradict each other. */
export type Figures = {
  prompt: number
  completion: number
  total: number
  cached: number
  written: number
  audioInput: number
  imageInput: number
  videoInput: number
  reasoning: number
  audioOutput: number
  imageOutput: number
  /** A member is no figure, or two members tell one thing differently. */
  isOdd: boolean
  /** A figure stands under a name that is not known here, so that it is in no class. */
  hasUnknown: boolean
}

type Slot = Exclude<keyof Figures, 'isOdd' | 'hasUnknown'>
/** `part`: known, and counted within another figure. */
type Names = ReadonlyMap<string, Slot | 'part'>
const names = (entries: Readonly<Record<string, Slot | 'part'>>): Names => new Map(Object.entries(entries))

const topNames = names({
  prompt_tokens: 'prompt',
  completion_tokens: 'completion',
  total_tokens: 'total',
  // The Responses API's names, which some gateways send beside or instead of the older ones.
  input_tokens: 'prompt',
  output_tokens: 'completion',
  // DeepSeek (api-docs.deepseek.com/guides/kv_cache): hits and misses add up to the prompt.
  prompt_cache_hit_tokens: 'cached',
  prompt_cache_miss_tokens: 'part',
  // Moonshot: earendil-works/pi#2016, Bike4Mind/bike4mind#1089.
  cached_tokens: 'cached',
  // Mistral's API reference; vercel/ai#14382.
  num_cached_tokens: 'cached',
  // Anthropic's names, as proxies of it send them; agentgateway/agentgateway#3455.
  cache_read_input_tokens: 'cached',
  cache_read_tokens: 'cached',
  cache_creation_input_tokens: 'written',
  cache_creation_tokens: 'written',
  cache_write_tokens: 'written',
  cache_creation: 'part',
  // Perplexity, and gateways that flatten the details.
  reasoning_tokens: 'reasoning',
})

const promptNames = names({
  cached_tokens: 'cached',
  cache_read_tokens: 'cached',
  cache_read_input_tokens: 'cached',
  cached_tokens_details: 'part',
  // OpenAI and OpenRouter; Qwen (Model Studio's context cache); new-api.
  cache_write_tokens: 'written',
  cache_write_tokens_details: 'part',
  cache_creation_tokens: 'written',
  cache_creation_input_tokens: 'written',
  cached_creation_tokens: 'written',
  cache_creation: 'part',
  audio_tokens: 'audioInput',
  image_tokens: 'imageInput',
  video_tokens: 'videoInput',
  text_tokens: 'part',
})

const completionNames = names({
  reasoning_tokens: 'reasoning',
  audio_tokens: 'audioOutput',
  image_tokens: 'imageOutput',
  text_tokens: 'part',
  accepted_prediction_tokens: 'part',
  rejected_prediction_tokens: 'part',
})

const detailNames: ReadonlyMap<string, Names> = new Map([
  ['prompt_tokens_details', promptNames],
  ['completion_tokens_details', completionNames],
  // Mistral has it without the s as well: vercel/ai#14382.
  ['prompt_token_details', promptNames],
  ['input_tokens_details', promptNames],
  ['output_tokens_details', completionNames],
])

/** Reads an object of figures. By hand, because every answer passes here. */
export function figuresOf(usage: Readonly<Record<string, unknown>>): Figures {
  const figures = noFigures()
  for (const name in usage) {
    const value = usage[name]
    const inner = detailNames.get(name)
    if (inner === undefined) note(figures, topNames.get(name), name, value)
    else if (isMembers(value)) for (const detail in value) note(figures, inner.get(detail), detail, value[detail])
    else if (value !== null && value !== undefined) figures.isOdd = true
  }
  return figures
}

const noFigures = (): Figures => ({
  prompt: 0,
  completion: 0,
  total: 0,
  cached: 0,
  written: 0,
  audioInput: 0,
  imageInput: 0,
  videoInput: 0,
  reasoning: 0,
  audioOutput: 0,
  imageOutput: 0,
  isOdd: false,
  hasUnknown: false,
})

function note(figures: Figures, slot: Slot | 'part' | undefined, name: string, value: unknown): void {
  if (value === 0 || value === null || value === undefined || slot === 'part') return
  if (slot === undefined) {
    if (isUnknownFigure(name, value)) figures.hasUnknown = true
  } else if (!isQuantity(value)) figures.isOdd = true
  else {
    if (figures[slot] !== 0 && figures[slot] !== value) figures.isOdd = true
    figures[slot] = Math.max(figures[slot], value)
  }
}

/** Names of counts of what vendors bill; durations, speeds, costs and scores are none. */
const countName = /(tokens|token_?count|queries|requests|searches|_calls|_used|(audio|video)_seconds)$/i

/** Perplexity's `citation_tokens` and `num_search_queries`, xAI's `num_sources_used`, Mistral's `prompt_audio_seconds`, and whatever comes next. */
function isUnknownFigure(name: string, value: unknown): boolean {
  if (isMembers(value)) return Object.entries(value).some(([inner, figure]) => isCount(inner, figure))
  return isCount(name, value)
}

const isCount = (name: string, value: unknown): boolean =>
  typeof value === 'number' && value > 0 && countName.test(name)
