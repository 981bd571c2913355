import { inputTokensOf, outputTokensOf, type Usage } from '../money/usage.ts'
import type { GatewayDeps } from './deps.ts'
import type { Asked, Reading } from './dialect.ts'

/**
 * Usage of which at least one side is counted by ourselves, because the vendor's figures for it are missing or
 * cannot be true: no prompt counts nothing, and no text that the client was given does. The other side stays the
 * vendor's. No text received, nothing owed; where there is nothing to count, null. A promise only where there is.
 */
export function estimateUsage(
  asked: Asked,
  reading: Reading,
  deps: Pick<GatewayDeps, 'countTokens'>,
): Promise<Usage> | null {
  const told = reading.usage ?? {}
  const [hasInput, hasOutput] = [inputTokensOf(told) > 0, outputTokensOf(told) > 0]
  if (hasInput && (hasOutput || !asked.hasOutput)) return null
  const outputText = hasOutput ? '' : reading.outputText()
  const countsInput = !hasInput && (hasOutput || outputText !== '' || !asked.hasOutput)
  if (!countsInput && outputText === '') return null
  return countSides(told, countsInput ? asked.promptText() : '', outputText, deps)
}

async function countSides(
  told: Usage,
  inputText: string,
  outputText: string,
  deps: Pick<GatewayDeps, 'countTokens'>,
): Promise<Usage> {
  const [input, output] = await Promise.all([count(inputText, deps), count(outputText, deps)])
  return { ...told, ...(input > 0 && { input }), ...(output > 0 && { output }) }
}

const charsPerToken = 4
/** A tokenizer that fails must not keep a request from being settled. */
const count = (text: string, deps: Pick<GatewayDeps, 'countTokens'>): Promise<number> =>
  deps.countTokens(text).catch(() => Math.floor(text.length / charsPerToken))
