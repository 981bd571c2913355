import { inputTokensOf, type Usage } from '../money/usage.ts'
import type { GatewayDeps } from './deps.ts'
import type { Asked, Reading } from './dialect.ts'

/** Whether the vendor's own figures will do. No prompt counts nothing: figures that say so beside an answer cannot be true. */
export const isCounted = ({ usage }: Reading): boolean => usage !== null && inputTokensOf(usage) > 0

/**
 * Usage counted by ourselves, for an answer whose vendor figures are missing or cannot be true. No text
 * received, nothing owed: then null.
 */
export async function estimateUsage(
  asked: Asked,
  reading: Reading,
  deps: Pick<GatewayDeps, 'countTokens'>,
): Promise<Usage | null> {
  if (isCounted(reading)) return null
  const outputText = reading.outputText()
  if (outputText === '' && asked.hasOutput) return null
  const [input, output] = await Promise.all([count(asked.promptText(), deps), count(outputText, deps)])
  return { input, output }
}

const charsPerToken = 4
/** A tokenizer that fails must not keep a request from being settled. */
const count = (text: string, deps: Pick<GatewayDeps, 'countTokens'>): Promise<number> =>
  deps.countTokens(text).catch(() => Math.floor(text.length / charsPerToken))
