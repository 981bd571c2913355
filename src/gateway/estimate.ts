import {
  addUsage,
  inputClasses,
  inputTokensOf,
  outputClasses,
  outputTokensOf,
  type TokenClass,
  type Usage,
} from '../money/usage.ts'
import type { Paid } from './admit.ts'
import type { GatewayDeps } from './deps.ts'
import type { Reading, Written } from './dialect.ts'

/**
 * Usage of which at least one side is counted by ourselves, because the vendor's figures for it are missing or
 * cannot be true: no prompt counts nothing, and nothing that the client was given does. The other side stays the
 * vendor's. Nothing received, nothing owed; where there is nothing to count, null. A promise only where there is.
 */
export function estimateUsage(
  asking: Asking,
  reading: Reading,
  deps: Pick<GatewayDeps, 'countTokens'>,
): Promise<Usage> | null {
  const { demand } = asking
  const vendors = reading.usage ?? {}
  const { input, output: given } = sidesOf(vendors)
  const isPossible = input <= inputMax(asking) && given <= outputMax(asking)
  if (isPossible && input > 0 && (given > 0 || !demand.output)) return null
  const told = isPossible ? vendors : possible(vendors, asking)
  const [hasInput, hasOutput] = [inputTokensOf(told) > 0, outputTokensOf(told) > 0]
  const output = hasOutput ? nothing : readable(reading.output, nothing)
  const isGiven = hasOutput || !demand.output || output.text !== '' || isAny(output.other)
  if (!isGiven) return isPossible ? null : Promise.resolve(told)
  const guess: Written = { text: '', other: { input: demand.input.guess } }
  return countSides(told, hasInput ? nothing : readable(demand.prompt, guess), output, deps)
}

/** Models come to take and give more than is known of them, but not this many times as much. */
const limitTimes = 2

/** What was asked, as far as it tells what can have been used. */
export type Asking = {
  readonly demand: Pick<Paid['demand'], 'input' | 'output' | 'prompt'>
  readonly model: Pick<Paid['model'], 'inputTokensMax' | 'outputTokensMax' | 'contextTokens'>
}
const sidesOf = (usage: Usage) => ({ input: inputTokensOf(usage), output: outputTokensOf(usage) })

/** An upstream's own tools may ask the model again and again. */
const inputMax = ({ demand, model }: Asking): number =>
  demand.input.isAssumed ? Number.POSITIVE_INFINITY : limitTimes * model.inputTokensMax
const outputMax = ({ demand: { output }, model }: Asking): number =>
  output
    ? limitTimes * output.answers * (model.outputTokensMax ?? model.contextTokens ?? model.inputTokensMax)
    : Number.POSITIVE_INFINITY

/** The vendor's figures without a side that is beyond all that the model can take or give. */
function possible(told: Usage, asking: Asking): Usage {
  const input = inputTokensOf(told) > inputMax(asking) ? inputClasses : []
  const output = outputTokensOf(told) > outputMax(asking) ? outputClasses : []
  return without(told, [...input, ...output])
}

const without = (usage: Usage, classes: readonly TokenClass[]): Usage =>
  Object.fromEntries(Object.entries(usage).filter(([name]) => !(classes as readonly string[]).includes(name)))

const isAny = (usage: Usage): boolean => Object.values(usage).some((quantity) => quantity > 0)

const nothing: Written = { text: '', other: {} }

/** What is nested too deeply to be read, or is not what the dialect says, must not keep a request from being settled. */
function readable(read: () => Written, otherwise: Written): Written {
  try {
    return read()
  } catch {
    return otherwise
  }
}

async function countSides(
  told: Usage,
  prompt: Written,
  output: Written,
  deps: Pick<GatewayDeps, 'countTokens'>,
): Promise<Usage> {
  const [input, visible] = await Promise.all([count(prompt.text, deps), count(output.text, deps)])
  return [prompt.other, output.other, { input, output: visible }].reduce(addUsage, told)
}

const charsPerToken = 4

/** A tokenizer that fails must not keep a request from being settled. */
async function count(text: string, deps: Pick<GatewayDeps, 'countTokens'>): Promise<number> {
  const sample = sampleOf(text)
  try {
    return Math.floor(((await deps.countTokens(sample)) * text.length) / Math.max(1, sample.length))
  } catch {
    return Math.floor(text.length / charsPerToken)
  }
}

/** Of longer texts so many pieces are counted, from all over it: everybody's texts are counted one after the other. */
const sampleChars = 16 * 1024
const samples = 64

function sampleOf(text: string): string {
  if (text.length <= samples * sampleChars) return text
  const every = Math.floor(text.length / samples)
  return Array.from({ length: samples }, (_, at) => text.slice(at * every, at * every + sampleChars)).join('')
}
