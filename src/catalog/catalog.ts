/**
 * The catalog: which models are served, what they can do and how long they live. Data, not code:
 * `models.json` carries every fact with its source, prices included (read by `money/price-book.ts`).
 */
import { z } from 'zod'

export const modelKinds = ['text', 'image', 'video', 'embeddings'] as const
export type ModelKind = (typeof modelKinds)[number]
export const inputModalities = ['text', 'image', 'audio', 'video', 'pdf'] as const
export const outputModalities = ['text', 'image', 'video', 'audio', 'embedding'] as const

/** One model as written in `models.json`, or as made out of `mart.yaml`. Prices are left to the price book. */
const ModelData = z.strictObject({
  id: z.string().min(1),
  dialect: z.enum(['openai', 'genai']),
  kind: z.enum(modelKinds),
  /** Whether the public API reference lists it; the others are only targets that upstreams route to. */
  listed: z.boolean(),
  description: z.string(),
  /** Dated names of the same model, accepted in requests and expected in responses. */
  snapshots: z.array(z.string()),
  /** Names that an operator gave it, accepted in requests; an upstream never hears of them. */
  aliases: z.array(z.string()).default([]),
  /** Whether it is an operator's own: `mart.yaml` says what it costs, whatever an upstream calls it. */
  isOwn: z.boolean().default(false),
  /** Whose model it is, as lists say; null: the vendor's of its dialect. */
  ownedBy: z.string().nullable().default(null),
  /** Day of release, `YYYY-MM-DD`; null where nobody said. */
  released: z.iso.date().nullable(),
  /** Input and output of one exchange together; for embeddings, of one of its items. */
  contextTokens: z.int().positive().nullable(),
  /** The most input of one request, all its items together. */
  inputTokensMax: z.int().positive(),
  outputTokensMax: z.int().positive().nullable(),
  inputModalities: z.array(z.enum(inputModalities)),
  outputModalities: z.array(z.enum(outputModalities)),
  features: z.array(z.string()),
  lifecycle: z.strictObject({
    /** The day the vendor stops serving it, where announced. */
    shutdown: z.iso.date().nullable(),
    replacement: z.string().nullable(),
    note: z.string().nullable(),
  }),
  prices: z.array(z.unknown()),
  priceNote: z.string().nullable(),
  sources: z.array(z.string()).min(1),
})
export type Model = Readonly<Omit<z.infer<typeof ModelData>, 'prices'>>

export type Catalog = {
  /** Every model of the public API reference, in its order, and those of the operator's own. */
  readonly listed: readonly Model[]
  /** The model of that id, dated snapshot or alias; null when unknown. `models/` prefixes are the dialect's business. */
  readonly find: (id: string) => Model | null
}

/** Checks the data and builds the catalog; throws when two models share a name. */
export function loadCatalog(data: readonly unknown[]): Catalog {
  const models = z.array(ModelData).parse(data)
  const byName = new Map<string, Model>()
  for (const model of models) {
    for (const name of [model.id, ...model.snapshots, ...model.aliases]) {
      if (byName.has(name)) throw new Error(`two models are called ${name}`)
      byName.set(name, model)
    }
  }
  return { listed: models.filter((model) => model.listed), find: (id) => byName.get(id) ?? null }
}
