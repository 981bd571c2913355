import { inputTokensOf, type Usage } from '../money/usage.ts'
import type { GatewayDeps } from './deps.ts'
import type { Asked, Reading } from './dialect.ts'

/**
 * Usage counted by ourselves, for an answer whose vendor figures are missing or cannot be true. No text
 * received, nothing owed: then null. A promise only where there is something to count.
 */
export function estimateUsage(
  asked: Asked,
  reading: Reading,
  deps: Pick<GatewayDeps, 'countTokens'>,
): Promise<Usage> | null {
  // No prompt counts nothing: figures that say so beside an answer cannot be true.
  if (reading.usage && inputTokensOf(reading.usage) > 0) return null
  const outputText = reading.outputText()
  if (outputText === '' && asked.hasOutput) return null
  return countBoth(asked.promptText(), outputText, deps)
}

async function countBoth(
  inputText: string,
  outputText: string,
  deps: Pick<GatewayDeps, 'countTokens'>,
): Promise<Usage> {
  const [input, output] = await Promise.all([count(inputText, deps), count(outputText, deps)])
  return { input, output }
}

const charsPerToken = 4
/** A tokenizer that fails must not keep a request from being settled. */
const count = (text: string, deps: Pick<GatewayDeps, 'countTokens'>): Promise<number> =>
  deps.countTokens(text).catch(() => Math.floor(text.length / charsPerToken))
