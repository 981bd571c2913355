import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { loadCatalog } from '../catalog/catalog.ts'
import models from '../catalog/models.json' with { type: 'json' }
import { loadPriceBook, serviceTiers, type PriceRow } from './price-book.ts'
import { inputClasses, outputClasses, tokenClasses, type UsageClass } from './usage.ts'

const book = loadPriceBook(models)
const now = Date.parse('2026-11-23T12:00:00Z')
const newYear = Date.parse('2027-01-01T00:00:00Z')
const priceOf = (model: string, at = now) => book.priceOf(model, at)!
const microUsd = (text: string): bigint => {
  const [whole, fraction = ''] = text.split('.')
  return BigInt(whole! + fraction.padEnd(6, '0'))
}

test('every model has a price today, and each listed model one for what it makes', () => {
  const made = { text: 'output', image: 'imageOutput', video: 'videoSecond', embeddings: 'input' } as const
  for (const model of loadCatalog(models).listed) {
    for (const tier of serviceTiers) {
      const [row] = priceOf(model.id).tiers[tier]
      expect(row?.picoPerUnit[made[model.kind]], `${model.id} ${tier}`).toBeGreaterThan(0n)
    }
  }
  for (const { id } of models) expect(book.priceOf(id, now)?.model).toBe(id)
})

test('a model has no price before its first, and an unknown one none at all', () => {
  expect(book.priceOf('gpt-5.4', Date.parse('2026-03-04T23:59:59.999Z'))).toBeNull()
  expect(book.priceOf('gpt-5.4', Date.parse('2026-03-05T00:00:00Z'))?.from).toBe('2026-03-05')
  expect(book.priceOf('gpt-7', now)).toBeNull()
})

test('the promotional price of the new flash models ends with the last millisecond of 2026 UTC', () => {
  for (const model of ['gemini-3.6-flash', 'gemini-3.8-flash']) {
    const [before] = priceOf(model, newYear - 1).tiers.standard
    const [after] = priceOf(model, newYear).tiers.standard
    expect([
      before!.picoPerUnit.input,
      before!.picoPerUnit.cachedInput,
      before!.picoPerUnit.output,
    ] as bigint[]).toEqual([750_000n, 75_000n, 3_750_000n])
    expect([after!.picoPerUnit.input, after!.picoPerUnit.cachedInput, after!.picoPerUnit.output] as bigint[]).toEqual([
      1_500_000n,
      150_000n,
      7_500_000n,
    ])
  }
})

test('a class without a price of its own costs what the class it is part of costs', () => {
  const [flash] = priceOf('gemini-2.5-flash').tiers.standard
  expect(flash!.picoPerUnit).toMatchObject({
    input: 300_000n,
    audioInput: 1_000_000n,
    cachedAudioInput: 100_000n,
    videoInput: 300_000n,
    reasoning: 2_500_000n,
  })
  const [fourBatch] = priceOf('gpt-4.1').tiers.batch
  expect(fourBatch!.picoPerUnit.cachedInput as bigint).toBe(1_000_000n)
  const [image] = priceOf('gpt-image-2').tiers.standard
  expect(image!.picoPerUnit.output).toBeNull()
})

test('a model with only an input and an output price charges every token class, each at the price of its side', () => {
  const prices = [{ from: '2026-01-01', tiers: { standard: [{ usdPerMillion: { input: '1.00', output: '2.00' } }] } }]
  const [row] = loadPriceBook([{ id: 'm', prices }]).priceOf('m', now)!.tiers.standard
  for (const each of inputClasses) expect(row!.picoPerUnit[each] as bigint, each).toBe(1_000_000n)
  for (const each of outputClasses) expect(row!.picoPerUnit[each] as bigint, each).toBe(2_000_000n)
})

test('a tier without a price for a length of input has the standard price of that length', () => {
  const rows = priceOf('gpt-5.4').tiers.priority
  expect(rows.map((row) => [row.aboveInputTokens, row.tier])).toEqual([
    [0, 'priority'],
    [272_000, 'standard'],
  ])
  expect(priceOf('gpt-5.4-nano').tiers.priority).toEqual(priceOf('gpt-5.4-nano').tiers.standard)
})

test('the two sides hold every token class once, and the dearest of each side is known', () => {
  expect([...inputClasses, ...outputClasses].toSorted()).toEqual([...tokenClasses].toSorted())
  for (const { id } of models) {
    for (const row of serviceTiers.flatMap((tier) => priceOf(id).tiers[tier])) {
      const dearest = (classes: readonly UsageClass[]) =>
        classes.map((c) => row.picoPerUnit[c] ?? 0n).reduce((a, b) => (a > b ? a : b)) as bigint
      expect(row.dearestInputPico as bigint, id).toBe(dearest(inputClasses))
      expect(row.dearestOutputPico as bigint, id).toBe(dearest(outputClasses))
    }
  }
})

test('no price is a float: only decimal text and whole thresholds are in the data', () => {
  const numbers: number[] = []
  JSON.stringify(
    models.map((model) => model.prices),
    (_key, value: unknown) => {
      if (typeof value === 'number') numbers.push(value)
      return value
    },
  )
  expect([...new Set(numbers)].toSorted((a, b) => a - b)).toEqual([200_000, 272_000])
  for (const { id } of models) {
    for (const row of serviceTiers.flatMap((tier) => priceOf(id).tiers[tier])) {
      for (const pico of Object.values(row.picoPerUnit)) expect(pico === null || typeof pico === 'bigint').toBe(true)
    }
  }
})

const row = { usdPerMillion: { input: '1.00', output: '2.00' } }
const load = (prices: readonly unknown[]) => loadPriceBook([{ id: 'm', prices }])

test('an unknown field, tier or class is refused', () => {
  expect(() => load([{ from: '2026-01-01', tiers: { standard: [row] }, until: '2027-01-01' }])).toThrow('until')
  expect(() => load([{ from: '2026-01-01', tiers: { standard: [row], scale: [row] } }])).toThrow('scale')
  expect(() => load([{ from: '2026-01-01', tiers: { standard: [{ ...row, belowInputTokens: 1 }] } }])).toThrow(
    'belowInputTokens',
  )
  expect(() => load([{ from: '2026-01-01', tiers: { standard: [{ usdPerMillion: { thoughts: '1.00' } }] } }])).toThrow(
    'thoughts',
  )
  expect(() => load([{ from: '2026-01-01', tiers: { standard: [{ usdPerPiece: { input: '1.00' } }] } }])).toThrow(
    'input',
  )
})

test('an amount that is a number, negative, or finer than a pico-USD per token is refused', () => {
  for (const input of [1.5, '-1.00', '0.0000001', '1e3', '1,00', '.5', '']) {
    expect(
      () => load([{ from: '2026-01-01', tiers: { standard: [{ usdPerMillion: { input } }] } }]),
      String(input),
    ).toThrow('prices of m')
  }
})

test('a model without a price, without a base row, or with two prices for one case is refused', () => {
  expect(() => load([])).toThrow('no price')
  expect(() => load([{ from: '2026-01-01', tiers: { standard: [{ ...row, aboveInputTokens: 5 }] } }])).toThrow(
    'no base row',
  )
  expect(() => load([{ from: '2026-01-01', tiers: { standard: [row, row] } }])).toThrow('same length')
  const period = { from: '2026-01-01', tiers: { standard: [row] } }
  expect(() => load([period, period])).toThrow('same day')
})

test('rows and periods may be written in any order', () => {
  const long = { aboveInputTokens: 10, usdPerMillion: { input: '3.00' } }
  const unordered = load([
    { from: '2026-06-01', tiers: { standard: [long, row] } },
    { from: '2026-01-01', tiers: { standard: [row] } },
  ])
  expect(unordered.priceOf('m', Date.parse('2026-03-01'))?.from).toBe('2026-01-01')
  expect(unordered.priceOf('m', now)?.tiers.standard.map((each) => each.aboveInputTokens)).toEqual([0, 10])
})

// ---- The same prices, derived again from the research files ---------------------------------------

type Figures = Record<string, string | null>
type OpenAiModel = {
  id: string
  kind: string
  max_output_tokens?: number | null
  context_window?: number | null
  prices: Record<
    string,
    (Figures & { per_second?: Figures } & { threshold_input_tokens?: number } & Record<string, Figures>) | null
  >
}
type GeminiRow = {
  prompt_tokens_gt: string | null
  input: Figures | null
  cached_input: Figures | null
  output: string | null
  image_output?: string | null
}
type GeminiModel = {
  id: string
  limits: Record<string, string>
  features: Record<string, unknown>
  grounding: { search: { usd_per_1000: string } | null; maps: { usd_per_1000: string } | null } | null
} & Record<'standard' | 'standard_from_2027' | 'flex' | 'priority' | 'batch', GeminiRow[] | null | undefined>

const researched = new URL('../../../shared/prices/', import.meta.url)
const present = existsSync(researched)
const because = present ? '' : ' (skipped: the research files ../shared/prices are not here)'
const read = async <T>(name: string): Promise<T> => (await Bun.file(new URL(name, researched)).json()) as T

/** `tier > threshold . class` → millionths of a dollar, of one period as written in models.json. */
function written(id: string, period: number): Record<string, bigint> {
  const tiers = Object.entries(models.find((model) => model.id === id)!.prices[period]!.tiers) as [string, Written[]][]
  const cells = tiers.flatMap(([tier, rows]) =>
    rows.flatMap((row) =>
      Object.entries({ ...row.usdPerMillion, ...row.usdPerPiece }).map(([usageClass, amount]) => [
        `${tier}>${row.aboveInputTokens ?? 0}.${usageClass}`,
        microUsd(amount),
      ]),
    ),
  )
  return Object.fromEntries(cells) as Record<string, bigint>
}
type Written = {
  aboveInputTokens?: number
  usdPerMillion?: Record<string, string>
  usdPerPiece?: Record<string, string>
}

test.skipIf(!present)(`every OpenAI price and limit equals the published one${because}`, async () => {
  const file = await read<{ rules: { tools: { web_search_per_1k_calls: string } }; models: OpenAiModel[] }>(
    'openai.json',
  )
  const classes: Record<string, string> = {
    input: 'input',
    cached_input: 'cachedInput',
    output: 'output',
    text_input: 'input',
    text_cached_input: 'cachedInput',
    text_output: 'output',
    image_input: 'imageInput',
    image_cached_input: 'cachedImageInput',
    image_output: 'imageOutput',
  }
  const tiers: Record<string, string> = {
    standard: 'standard',
    flex: 'flex',
    fast_priority: 'priority',
    fast: 'priority',
    batch: 'batch',
  }
  for (const model of file.models) {
    const expected: Record<string, bigint> = {}
    const enter = (tier: string, above: number, figures: Figures) => {
      for (const [name, usageClass] of Object.entries(classes))
        if (figures[name]) expected[`${tiers[tier]}>${above}.${usageClass}`] = microUsd(figures[name])
      if (model.kind === 'text' && model.id !== 'gpt-4.1-nano')
        expected[`${tiers[tier]}>${above}.webSearchCall`] = microUsd(file.rules.tools.web_search_per_1k_calls) / 1000n
    }
    for (const [tier, figures] of Object.entries(model.prices)) {
      if (!figures) continue
      if (figures.per_second) expected[`${tiers[tier]}>0.videoSecond`] = microUsd(figures.per_second['720x1280']!)
      else if (tier !== 'long_context') enter(tier, 0, figures)
      else
        for (const longTier of Object.keys(tiers))
          if (figures[longTier]) enter(longTier, figures.threshold_input_tokens!, figures[longTier])
    }
    expect(written(model.id, 0), model.id).toEqual(expected)
    const ours = loadCatalog(models).find(model.id)!
    expect(ours.outputTokensMax, model.id).toBe(model.max_output_tokens ?? null)
    if (model.context_window) expect(ours.contextTokens, model.id).toBe(model.context_window)
  }
  expect(
    models
      .filter((model) => model.dialect === 'openai')
      .map((model) => model.id)
      .toSorted(),
  ).toEqual([...file.models.map((model) => model.id), 'sora-2-pro'].toSorted())
  // The published list has it in a note beside sora-2.
  expect(written('sora-2-pro', 0)).toEqual({
    'standard>0.videoSecond': 300_000n,
    'standard>0.videoSecond1024p': 500_000n,
    'standard>0.videoSecond1080p': 700_000n,
  })
})

test.skipIf(!present)(
  `every Gemini price and limit equals the published one, or the rule for cells that were not published${because}`,
  async () => {
    const file = await read<{ models: GeminiModel[] }>('gemini.json')
    const factor = { standard: [1n, 1n], flex: [1n, 2n], batch: [1n, 2n], priority: [18n, 10n] } as const
    const expectedOf = (model: GeminiModel, standard: GeminiRow[], from2027: boolean): Record<string, bigint> => {
      const expected: Record<string, bigint> = {}
      for (const tier of serviceTiers) {
        if (!model[tier]) continue
        standard.forEach((base, index) => {
          const own = from2027 ? undefined : model[tier]?.[index]
          const [times, over] = factor[tier]
          const cell = (published: string | null | undefined, ofStandard: string | null | undefined): bigint | null =>
            published ? microUsd(published) : ofStandard ? (microUsd(ofStandard) * times) / over : null
          const enter = (usageClass: string, amount: bigint | null) => {
            if (amount !== null) expected[`${tier}>${base.prompt_tokens_gt ?? 0}.${usageClass}`] = amount
          }
          const text = cell(own?.input?.text, base.input?.text)
          const audio = cell(own?.input?.audio, base.input?.audio)
          const cached = cell(own?.cached_input?.text, base.cached_input?.text)
          const cachedAudio = cell(own?.cached_input?.audio, base.cached_input?.audio)
          for (const modality of ['image', 'video', 'document']) {
            expect([null, text], `${model.id} ${modality}`).toContain(
              cell(own?.input?.[modality], base.input?.[modality]),
            )
          }
          enter('input', text)
          enter('cachedInput', cached)
          enter('audioInput', audio === text ? null : audio)
          enter('cachedAudioInput', cachedAudio === cached ? null : cachedAudio)
          enter('output', cell(own?.output, base.output))
          enter('imageOutput', cell(own?.image_output, base.image_output))
          const perQuery = model.id.startsWith('gemini-3')
          const search =
            model.grounding?.search?.usd_per_1000 ?? (perQuery && model.features['search_grounding'] ? '14.00' : null)
          enter(perQuery ? 'searchQuery' : 'groundedPrompt', search ? microUsd(search) / 1000n : null)
          enter('mapsQuery', model.grounding?.maps ? microUsd(model.grounding.maps.usd_per_1000) / 1000n : null)
        })
      }
      return expected
    }
    const priced = file.models.filter((model) => model.standard)
    for (const model of priced) {
      expect(written(model.id, 0), model.id).toEqual(expectedOf(model, model.standard!, false))
      if (model.standard_from_2027)
        expect(written(model.id, 1), model.id).toEqual(expectedOf(model, model.standard_from_2027, true))
      const ours = loadCatalog(models).find(model.id)!
      expect([ours.inputTokensMax, ours.outputTokensMax], model.id).toEqual([
        Number(model.limits['input_tokens']),
        Number(model.limits['output_tokens']),
      ])
    }
    expect(
      models
        .filter((model) => model.dialect === 'genai')
        .map((model) => model.id)
        .toSorted(),
    ).toEqual(priced.map((model) => model.id).toSorted())
  },
)

test('what is written is what is charged: each price reaches the book digit for digit', () => {
  for (const model of models) {
    model.prices.forEach((period, index) => {
      const loaded = book.priceOf(model.id, Date.parse(period.from))!
      for (const [cell, amount] of Object.entries(written(model.id, index))) {
        const [, tier, above, usageClass] = /^(\w+)>(\d+)\.(\w+)$/.exec(cell) as unknown as [
          string,
          keyof typeof loaded.tiers,
          string,
          UsageClass,
        ]
        const row = loaded.tiers[tier].find((each: PriceRow) => each.aboveInputTokens === Number(above))!
        const picoPerMicro = (tokenClasses as readonly string[]).includes(usageClass) ? 1n : 1_000_000n
        expect(row.picoPerUnit[usageClass] as bigint, `${model.id} ${cell}`).toBe(amount * picoPerMicro)
      }
    })
  }
})
