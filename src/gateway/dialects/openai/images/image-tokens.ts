/**
 * How many output tokens a picture counts: by quality and size, as OpenAI documents it
 * (https://developers.openai.com/api/docs/guides/image-generation#calculating-costs). gpt-image-2 has a formula instead
 * of a table, which is in the calculator of that page
 * (https://community.openai.com/t/gpt-image-2-output-pricing-calculator-online-and-in-your-code/1382699).
 */

/** A picture as it was asked for, or came; null or anything that is not known here is left to the model. */
export type Picture = { readonly quality: string | null; readonly size: string | null }

/** What a partial picture counts in a stream. */
export const partialTokens = 100

/** What one picture counts at most: what is left to the model counts its dearest. */
export const pictureTokensMax = (model: string, picture: Picture): number =>
  Math.max(...modelsOf(model).map((each) => each.tokensMax(picture)))

/** What one picture counts; what nobody said is taken for medium, and for a square of 1024 pixels. */
export const pictureTokens = (model: string, { quality, size }: Picture): number =>
  modelsOf(model)[0]!.tokens(
    isQuality(quality) ? quality : 'medium',
    size !== null && sizePattern.test(size) ? size : square,
  )

export const qualities = ['low', 'medium', 'high'] as const
type Quality = (typeof qualities)[number]
const isQuality = (quality: string | null): quality is Quality => qualities.includes(quality as Quality)

const square = '1024x1024'
const sizePattern = /^(\d{1,5})x(\d{1,5})$/

type PictureModel = {
  readonly tokens: (quality: Quality, size: string) => number
  readonly tokensMax: (picture: Picture) => number
}

/** A name that we do not know may be anybody's, and an operator's alias of any of these. */
function modelsOf(name: string): readonly PictureModel[] {
  if (/^gpt-image-2(?![.\d])/.test(name)) return [byFormula]
  if (/^gpt-image-1-mini(?!\w)/.test(name)) return [tabled(table, miniMax)]
  if (/^gpt-image-1(\.5)?(?![.\w])/.test(name)) return [writing]
  return [byFormula, writing]
}

// ---- gpt-image-2 -----------------------------------------------------------------------------------

/** A picture is so many cells long, and as many wide as its shape has. */
const cells: Readonly<Record<Quality, number>> = { low: 16, medium: 48, high: 96 }
const pixelsAdded = 2_000_000
const pixelsPerCell = 4_000_000

function formulaTokens(quality: Quality, size: string): number {
  const [width, height] = edgesOf(size)
  const [long, short] = [Math.max(width, height), Math.max(1, Math.min(width, height))]
  const across = Math.round((cells[quality] * short) / Math.max(1, long))
  return Math.ceil((cells[quality] * across * (pixelsAdded + width * height)) / pixelsPerCell)
}

function edgesOf(size: string): readonly [number, number] {
  const [, width = '0', height = '0'] = sizePattern.exec(size) ?? []
  return [Number(width), Number(height)]
}

/** The most pixels that there are, as a square, which counts most. */
const largest = '2880x2880'
const pixelsMin = 655_360
const pixelsMax = 8_294_400

function isPossible(size: string | null): size is string {
  if (size === null || !sizePattern.test(size)) return false
  const [width, height] = edgesOf(size)
  return width * height >= pixelsMin && width * height <= pixelsMax
}

const byFormula: PictureModel = {
  tokens: formulaTokens,
  tokensMax: ({ quality, size }) =>
    formulaTokens(isQuality(quality) ? quality : 'high', isPossible(size) ? size : largest),
}

// ---- gpt-image-1, 1.5 and 1-mini -------------------------------------------------------------------

type Table = Readonly<Record<Quality, Readonly<Record<string, number>>>>
const table: Table = {
  low: { '1024x1024': 272, '1024x1536': 408, '1536x1024': 400 },
  medium: { '1024x1024': 1_056, '1024x1536': 1_584, '1536x1024': 1_568 },
  high: { '1024x1024': 4_160, '1024x1536': 6_240, '1536x1024': 6_208 },
}

/**
 * For gpt-image-1-mini the page tells prices of pictures that are more than these tokens come to (0.005 USD for the
 * smallest, at 8 USD a million), so more is held: half a cent's tenth above each, at that price.
 */
const miniMax: Table = {
  low: { '1024x1024': 688, '1024x1536': 813, '1536x1024': 813 },
  medium: { '1024x1024': 1_438, '1024x1536': 1_938, '1536x1024': 1_938 },
  high: { '1024x1024': 4_563, '1024x1536': 6_563, '1536x1024': 6_563 },
}

function tabled(counted: Table, most: Table, textTokens = 0): PictureModel {
  return {
    tokens: (quality, size) => counted[quality][size] ?? counted[quality][square]!,
    tokensMax({ quality, size }) {
      const row = most[isQuality(quality) ? quality : 'high']
      return textTokens + (row[size ?? ''] ?? Math.max(...Object.values(row)))
    },
  }
}

/** gpt-image-1.5 writes as well: 335 and 439 tokens were seen (BerriAI/litellm#21902, #19515). */
const textTokensMax = 1_024
const writing = tabled(table, table, textTokensMax)

// ---- Pictures that go in ----------------------------------------------------------------------------

/**
 * https://developers.openai.com/api/docs/guides/images-vision#calculating-costs: the shorter side is brought to 512
 * pixels, and a tile of 512 by 512 counts 129 beside 65 for the whole. High fidelity, which gpt-image-2 always has and
 * gpt-image-1-mini never, adds 4,160 for a square and 6,240 for any other shape.
 */
const tileTokens = 129
const baseTokens = 65
const fidelityTokens = { square: 4_160, other: 6_240 }
/** No picture is longer than so many times its height, as a rule: one that is counts a tenth of a cent for each tile more. */
const tilesMax = 32

const hasFidelity = (model: string): boolean => !/^gpt-image-1-mini(?!\w)/.test(model)

/** The most that a picture counts which goes in. Its own shape is not looked at: it may be an address, or a file's id. */
export const givenTokensMax = (model: string): number =>
  baseTokens + tilesMax * tileTokens + (hasFidelity(model) ? fidelityTokens.other : 0)

/** What one counts as a rule: a square. */
export const givenTokens = (model: string): number =>
  baseTokens + tileTokens + (model.startsWith('gpt-image-2') ? fidelityTokens.square : 0)
