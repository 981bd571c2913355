import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadCatalog } from '../catalog/catalog.ts'
import models from '../catalog/models.json' with { type: 'json' }
import { pricesSchema } from '../money/price-book-data.ts'
import { loadPriceBook } from '../money/price-book.ts'
import { readMartFile } from './load.ts'
import { markupOf, overlaidCatalogData, overlaidPrices } from './overlay.ts'
import { testFolder } from '../lib/test-folder.ts'

const path = join(testFolder('overlay'), 'mart.yaml')
function read(text: string) {
  writeFileSync(path, text)
  return readMartFile(path, {}, pricesSchema)
}
const now = Date.parse('2026-11-23T00:00:00Z')

test('a file that says nothing of models leaves catalog and prices as they are', () => {
  const file = read('')
  expect(loadCatalog(overlaidCatalogData(models, file)).listed).toEqual(loadCatalog(models).listed)
  expect(overlaidPrices(models, file)).toEqual(models)
  expect(markupOf(file)).toEqual({ defaultPpm: 0n, byModel: new Map() })
})

test('an alias is another name of its model', () => {
  const catalog = loadCatalog(overlaidCatalogData(models, read('aliases: {fast: gpt-5.4-nano, tiny: gpt-5.4-nano}')))
  expect(catalog.find('fast')).toBe(catalog.find('gpt-5.4-nano'))
  expect(catalog.find('tiny')?.id).toBe('gpt-5.4-nano')
})

test('a lifecycle changes what it names and nothing else', () => {
  const file = read(
    'lifecycle: {gpt-4o: {shutdown: null, listed: false}, gpt-5.4: {shutdown: 2027-09-02, replacement: gpt-6}}',
  )
  const catalog = loadCatalog(overlaidCatalogData(models, file))
  const before = loadCatalog(models)
  expect(catalog.find('gpt-4o')).toMatchObject({
    listed: false,
    lifecycle: { shutdown: null, replacement: 'gpt-6-luna' },
  })
  expect(catalog.find('gpt-5.4')?.lifecycle).toEqual({
    ...before.find('gpt-5.4')!.lifecycle,
    shutdown: '2027-09-02',
    replacement: 'gpt-6',
  })
  expect(catalog.listed.map(({ id }) => id)).toEqual(before.listed.map(({ id }) => id).filter((id) => id !== 'gpt-4o'))
})

test('prices of the file replace those of the list, and markups come on top of either', () => {
  const file = read(`
priceBook:
  markupPpm: 200000
  models:
    gpt-5.4: {prices: [{from: 2026-01-01, tiers: {standard: [{usdPerMillion: {input: "1.00", output: "2.00"}}]}}]}
    gpt-5: {markupPpm: -500000}
`)
  const book = loadPriceBook(overlaidPrices(models, file), markupOf(file))
  const list = loadPriceBook(models)
  const input = (from: typeof book, id: string): bigint => from.priceOf(id, now)!.tiers.standard[0]!.picoPerUnit.input!
  expect(input(book, 'gpt-5.4')).toBe(1_200_000n)
  expect(input(book, 'gpt-5') * 2n).toBe(input(list, 'gpt-5'))
  expect(input(book, 'gpt-4o') * 5n).toBe(input(list, 'gpt-4o') * 6n)
})
