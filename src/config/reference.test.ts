import { expect, test } from 'bun:test'
import type { z } from 'zod'
import { pricesSchema } from '../money/price-book-data.ts'
import { martJsonSchema, referencePage } from './reference.ts'

type Schema = z.core.JSONSchema.BaseSchema

const schema = martJsonSchema(pricesSchema)
const page = referencePage(schema)

/** Every field at any depth, with its path. */
function fieldsOf(at: string, value: unknown): { path: string; field: Schema }[] {
  if (typeof value !== 'object' || value === null) return []
  const own = Object.entries((value as Schema).properties ?? {}).map(([key, field]) => ({
    path: `${at}.${key}`,
    field: field as Schema,
  }))
  return [...own, ...Object.entries(value).flatMap(([key, each]) => fieldsOf(`${at}.${key}`, each))]
}

test('every field is described, in a sentence', () => {
  const fields = fieldsOf('', schema)
  expect(fields.length).toBeGreaterThan(80)
  const undescribed = fields.filter(({ field }) => !/^\S.*\.$/.test(field.description ?? ''))
  expect(undescribed.map(({ path }) => path)).toEqual([])
})

test('editors know every section, every kind of provider, and that nothing else is allowed', () => {
  const { properties, additionalProperties } = schema
  expect(Object.keys(properties!)).toEqual([
    'defaults',
    'providers',
    'models',
    'deployments',
    'regions',
    'holds',
    'memory',
    'failover',
    'deadlines',
    'drain',
    'idempotency',
    'priceBook',
    'aliases',
    'lifecycle',
    'metrics',
    'tracing',
    'server',
    'people',
    'webhooks',
    'cors',
    'log',
  ])
  expect(additionalProperties).toBe(false)
  const kinds = (properties!['providers'] as { additionalProperties: Schema }).additionalProperties.oneOf as Schema[]
  expect(kinds.map((kind) => String((kind.properties!['kind'] as Schema).const)).toSorted()).toEqual([
    'azure-openai',
    'gemini-compatible',
    'google-ai-studio',
    'openai',
    'openai-compatible',
    'sandbox',
    'vertex-ai',
  ])
})

test('the page has a row for every field that has no fields of its own', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  for (const row of rows) expect(row.replaceAll('\\|', '').split('|')).toHaveLength(6)
  expect(rows).toContain(
    '| `[].weight` | whole number, 1 to 1000 | `1` | Share of the requests among deployments of the same priority. |',
  )
  for (const key of ['byKind.video.totalMs', 'models.<name>.prices[].tiers.standard[].usdPerMillion', 'headers.<name>'])
    expect(page).toContain(`| \`${key}\` |`)
})
