/** The figures of Gemini's usage metadata, one by one; what is no figure is left out alone. */
import { isQuantity } from '../../../money/usage.ts'
import { isMembers } from '../merge-usage.ts'

export type ByModality = { text: number; audio: number; image: number; video: number }

/** Figures as told, 0 where nothing is; they may overlap and contradict each other. */
export type Figures = {
  prompt: number
  cached: number
  candidates: number
  thoughts: number
  toolUse: number
  total: number
  readonly promptDetails: ByModality
  readonly cacheDetails: ByModality
  readonly candidatesDetails: ByModality
  readonly toolUseDetails: ByModality
  /** A member is no figure. */
  isOdd: boolean
  /** A figure stands under a name that is not known here, so that it is in no class. */
  hasUnknown: boolean
}

const counts = new Map([
  ['promptTokenCount', 'prompt'],
  ['cachedContentTokenCount', 'cached'],
  ['candidatesTokenCount', 'candidates'],
  ['thoughtsTokenCount', 'thoughts'],
  ['toolUsePromptTokenCount', 'toolUse'],
  ['totalTokenCount', 'total'],
] as const) as ReadonlyMap<string, 'prompt' | 'cached' | 'candidates' | 'thoughts' | 'toolUse' | 'total'>

const details = new Map([
  ['promptTokensDetails', 'promptDetails'],
  ['cacheTokensDetails', 'cacheDetails'],
  ['candidatesTokensDetails', 'candidatesDetails'],
  ['toolUsePromptTokensDetails', 'toolUseDetails'],
] as const) as ReadonlyMap<string, 'promptDetails' | 'cacheDetails' | 'candidatesDetails' | 'toolUseDetails'>

/** Known, and counted elsewhere: within the prompt, or by what grounded the answer. */
const parts = new Set(['initialPromptTokenCount', 'billedToolCalls'])

/** Reads usage metadata. By hand, because every answer passes here. */
export function figuresOf(usage: Readonly<Record<string, unknown>>): Figures {
  const figures = noFigures()
  for (const name in usage) {
    const value = usage[name]
    if (value === 0 || value === null || value === undefined) continue
    const count = counts.get(name)
    const detail = details.get(name)
    if (count !== undefined) {
      if (isQuantity(value)) figures[count] = value
      else figures.isOdd = true
    } else if (detail !== undefined) noteDetails(figures, figures[detail], value)
    else if (isUnknownFigure(name, value)) figures.hasUnknown = true
  }
  // Once Google told what was cached by modality alone: googleapis/python-genai#795.
  if (figures.cached === 0) figures.cached = sumOf(figures.cacheDetails)
  return figures
}

const noModality: ByModality = { text: 0, audio: 0, image: 0, video: 0 }
const noFigures = (): Figures => ({
  prompt: 0,
  cached: 0,
  candidates: 0,
  thoughts: 0,
  toolUse: 0,
  total: 0,
  promptDetails: { ...noModality },
  cacheDetails: { ...noModality },
  candidatesDetails: { ...noModality },
  toolUseDetails: { ...noModality },
  isOdd: false,
  hasUnknown: false,
})

const sumOf = ({ text, audio, image, video }: ByModality): number => text + audio + image + video

function noteDetails(figures: Figures, shares: ByModality, value: unknown): void {
  if (!Array.isArray(value)) {
    figures.isOdd = true
    return
  }
  for (const entry of value as readonly unknown[]) {
    const { modality, tokenCount } = isMembers(entry) ? entry : {}
    if (isQuantity(tokenCount ?? 0)) shares[modalityOf(modality)] += (tokenCount ?? 0) as number
    else figures.isOdd = true
  }
}

/** What is no sound, image or film is billed as text: documents, and what is not told (promptfoo/promptfoo#9760). */
function modalityOf(modality: unknown): keyof ByModality {
  switch (typeof modality === 'string' ? modality.toUpperCase() : modality) {
    case 'AUDIO':
      return 'audio'
    case 'IMAGE':
      return 'image'
    case 'VIDEO':
      return 'video'
    default:
      return 'text'
  }
}

const isUnknownFigure = (name: string, value: unknown): boolean =>
  typeof value === 'number' && value > 0 && name.endsWith('Count') && !parts.has(name)
