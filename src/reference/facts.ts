/** What the reference tells of the running server: never a word of who serves it, or of whose accounts those are. */
import type { Model } from '../catalog/catalog.ts'
import type { ModelPrice } from '../control/model-prices.ts'
import type { Price } from '../money/price-book.ts'

export type Facts = {
  /** The models that are served, or simulated, in the catalog's order. */
  readonly models: readonly DescribedModel[]
  readonly priceOf: (model: string) => Price | null
  /** Region policies by name, with the regions that each is served in. */
  readonly regions: readonly { readonly name: string; readonly serves: readonly string[] }[]
}

export type DescribedModel = ModelPrice &
  Pick<Model, 'contextTokens' | 'outputTokensMax' | 'lifecycle'> & {
    /** Whether the sandbox alone serves it still. */
    readonly isShutDown: boolean
  }
