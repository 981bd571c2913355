import { withTool, type Price, type PriceBook } from '../money/price-book.ts'
import type { Call } from './operation.ts'

/** What a model costs in a call, with the model that it may ask as a tool; null where either has no price. */
export function priceFor(
  model: string,
  { toolModel }: Pick<Call, 'toolModel'>,
  { prices, at }: { readonly prices: PriceBook; readonly at: number },
): Price | null {
  const price = prices.priceOf(model, at)
  if (price === null || !toolModel) return price
  const tool = prices.priceOf(toolModel.id, at)
  return tool && withTool(price, tool)
}
