/** The public price list: what today's standard tier costs, as people read it. */
import type { Catalog, Model, ModelKind } from '../catalog/catalog.ts'
import { formatUsd } from '../lib/amounts.ts'
import type { PriceBook } from '../money/price-book.ts'
import type { UsageClass } from '../money/usage.ts'

/** Prices in USD: per million tokens, `videoSecond` per second; null where there is no such thing. */
export type ModelPrice = {
  readonly id: string
  readonly dialect: Model['dialect']
  readonly kind: ModelKind
  readonly description: string
  readonly input: string | null
  readonly cachedInput: string | null
  readonly output: string | null
  readonly videoSecond: string | null
}

const outputClass: Readonly<Record<ModelKind, UsageClass | null>> = {
  text: 'output',
  image: 'imageOutput',
  video: null,
  embeddings: null,
}

/** The price at `at`, epoch ms, of every listed model, in the catalog's order; a model without a price yet is left out. */
export const modelPrices = (catalog: Pick<Catalog, 'listed'>, book: PriceBook, at: number): ModelPrice[] =>
  catalog.listed.flatMap((model) => {
    const row = book.priceOf(model.id, at)?.tiers.standard[0]
    if (!row) return []
    const perMillion = (usageClass: UsageClass | null): string | null => {
      const pico = usageClass && row.picoPerUnit[usageClass]
      // Pico-USD per token, a million times over, is a thousandfold in nano-USD.
      return pico ? formatUsd(pico * 1_000n) : null
    }
    const { id, dialect, kind, description } = model
    const input = perMillion('input')
    const cachedInput = perMillion('cachedInput')
    const second = row.picoPerUnit.videoSecond
    return {
      id,
      dialect,
      kind,
      description,
      input,
      // The price book gives a class without a price of its own that of the class it is part of.
      cachedInput: cachedInput === input ? null : cachedInput,
      output: perMillion(outputClass[kind]),
      videoSecond: second ? formatUsd(second / 1_000n) : null,
    }
  })
