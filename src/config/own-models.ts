/** An operator's own models, as data that catalog and price book are loaded from. */
import type { MartFileData } from './file-schema.ts'
import { tokensMax, type OwnModel, type PriceRow } from './model-schema.ts'

/** What it gives: what is said, or what its kind makes. Gemini's image models write as well. */
export function outputOf({ dialect, kind, outputModalities }: OwnModel): readonly string[] {
  if (outputModalities) return outputModalities
  if (kind === 'embeddings') return ['embedding']
  return kind === 'image' && dialect === 'genai' ? ['text', 'image'] : [kind]
}

/**
 * The most input of one request. Where nothing is said, embeddings are bounded by their bytes alone:
 * many texts go into one request, and `contextTokens` is the limit of each.
 */
export const inputTokensMaxOf = ({ kind, inputTokensMax, contextTokens }: OwnModel): number | undefined =>
  inputTokensMax ?? (kind === 'embeddings' ? tokensMax : contextTokens)

/** The most output of one answer; undefined where it is not known, or makes none that is counted in tokens. */
export const outputTokensMaxOf = ({ kind, outputTokensMax, contextTokens }: OwnModel): number | undefined =>
  outputTokensMax ?? (kind === 'text' || kind === 'image' ? contextTokens : undefined)

/** The models of a file without problems, in the format of `catalog/models.json`. */
export const ownModelData = ({ models }: Pick<MartFileData, 'models'>) =>
  Object.entries(models).map(([id, model]) => {
    const { listed = true, ...life } = model.lifecycle ?? {}
    return {
      id,
      isOwn: true,
      dialect: model.dialect,
      kind: model.kind,
      listed,
      description: model.description,
      snapshots: [],
      ownedBy: model.ownedBy ?? ownerIn(id),
      released: model.released ?? null,
      contextTokens: model.contextTokens ?? null,
      inputTokensMax: inputTokensMaxOf(model)!,
      outputTokensMax: outputTokensMaxOf(model) ?? null,
      inputModalities: model.inputModalities,
      outputModalities: outputOf(model),
      features: [],
      lifecycle: { shutdown: null, replacement: null, note: null, ...life },
      prices: model.prices ?? (model.price ? [undated(model.price)] : []),
      priceNote: null,
      sources: ['mart.yaml'],
    }
  })

/** `deepseek/deepseek-chat` is deepseek's. What OpenAI's API reference says where a model is not OpenAI's own. */
const ownerIn = (id: string): string => (id.includes('/') ? id.slice(0, id.indexOf('/')) : 'organization-owner')

const undated = (price: PriceRow) => ({ from: '1970-01-01', tiers: { standard: [price] } })
