import { expect, test } from 'bun:test'
import { loadCatalog } from './catalog.ts'
import models from './models.json' with { type: 'json' }

const catalog = loadCatalog(models)
const [first, second] = models
if (!first || !second) throw new Error('models.json is empty')

/** Text, image, video, embeddings, then Gemini text and image: the order of the public API reference. */
const reference = [
  'gpt-5.4 gpt-5.4-mini gpt-5.4-nano gpt-5.2 gpt-5.1 gpt-5 gpt-5-mini gpt-5-nano gpt-4.1 gpt-4.1-mini gpt-4.1-nano gpt-4o gpt-4o-mini',
  'gpt-image-2 gpt-image-1.5 gpt-image-1-mini',
  // The second one is in the SDK's types alone.
  'sora-2 sora-2-pro',
  'text-embedding-3-large text-embedding-3-small',
  'gemini-3.5-flash gemini-3.1-pro-preview gemini-3.1-flash-lite gemini-3-flash-preview gemini-2.5-pro gemini-2.5-flash gemini-2.5-flash-lite',
  'gemini-3-pro-image gemini-3.1-flash-image gemini-2.5-flash-image',
].flatMap((line) => line.split(' '))

test('the catalog lists every model of the API reference, in its order, and nothing else', () => {
  expect(catalog.listed.map((model) => model.id)).toEqual(reference)
})

test('every model says what goes in, what comes out, how much of it, and where that was learnt', () => {
  for (const { id } of models) {
    const model = catalog.find(id)!
    expect(model.inputTokensMax, id).toBeGreaterThan(0)
    expect(model.inputModalities, id).toContain('text')
    expect(model.outputModalities.length, id).toBeGreaterThan(0)
    expect(model.description, id).not.toBe('')
    for (const source of model.sources) expect(source, id).toMatch(/^(https:\/\/|npm )/)
    if (model.kind === 'text') expect(model.outputTokensMax, id).toBeGreaterThan(0)
  }
})

test('a model that AI Studio routes to is known, but not listed', () => {
  for (const id of ['gemini-3.6-flash', 'gemini-3.8-flash', 'gemini-3.5-flash-lite', 'gemini-3.1-flash-lite-image']) {
    expect(catalog.find(id)?.listed, id).toBe(false)
  }
})

test('a dated snapshot is its model', () => {
  expect(catalog.find('gpt-5.4-2026-03-05')).toBe(catalog.find('gpt-5.4'))
  expect(catalog.find('gpt-4o-2024-08-06')).toBe(catalog.find('gpt-4o'))
  for (const model of models) for (const name of model.snapshots) expect(catalog.find(name)?.id).toBe(model.id)
})

test('an unknown model is null, however close its name', () => {
  for (const name of ['gpt-7', '', 'GPT-5.4', 'gpt-5.4 ', 'models/gemini-3.5-flash', 'gpt-4o-2024-05-13', 'toString']) {
    expect(catalog.find(name), name).toBeNull()
  }
})

test('two models of one name are refused, be it an id or a snapshot', () => {
  expect(() => loadCatalog([first, first])).toThrow('two models are called gpt-5.4')
  expect(() => loadCatalog([first, { ...second, snapshots: first.snapshots }])).toThrow(
    'two models are called gpt-5.4-2026-03-05',
  )
  expect(() => loadCatalog([first, { ...second, id: first.snapshots[0] }])).toThrow('two models are called')
})

test('a field that the catalog does not know, or a missing one, is refused', () => {
  expect(() => loadCatalog([{ ...first, contextWindow: 1 }])).toThrow('contextWindow')
  expect(() => loadCatalog([{ ...first, lifecycle: { ...first.lifecycle, retired: true } }])).toThrow('retired')
  expect(() => loadCatalog([{ ...first, sources: [] }])).toThrow()
  expect(() => loadCatalog([{ ...first, released: undefined }])).toThrow()
})

test('the days on which vendors stop serving a model are on record', () => {
  const shutdown = (id: string) => catalog.find(id)?.lifecycle.shutdown
  expect(shutdown('sora-2')).toBe('2026-09-24')
  expect(shutdown('gpt-4.1-nano')).toBe('2026-10-23')
  expect(shutdown('gpt-image-1.5')).toBe('2026-12-01')
  expect(shutdown('gpt-5')).toBe('2026-12-11')
  expect(shutdown('gpt-4o')).toBe('2027-01-14')
  expect(shutdown('gpt-5.1')).toBe('2027-04-01')
  expect(shutdown('gemini-2.5-pro')).toBe('2026-12-01')
  expect(shutdown('gemini-3.1-flash-lite')).toBe('2027-05-07')
  expect(shutdown('gpt-5.4')).toBeNull()
  expect(catalog.find('gemini-2.5-flash')?.lifecycle.replacement).toBe('gemini-3.5-flash-lite')
})
