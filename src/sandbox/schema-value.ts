/**
 * A JSON value that conforms to a JSON Schema, the same one for the same seed. Understands what
 * structured outputs and tools of both vendors use: type (either case), nullable, enum, const,
 * properties, required, items, prefixItems, anyOf, oneOf, allOf, $ref into the same document,
 * bounds of numbers, strings and arrays, multipleOf, pattern, maps and the common formats. Not: not, if. What a
 * prompt plainly has is taken from there.
 */
import { randomFrom } from './hash.ts'
import { mentionsIn, type Mentions } from './mentions.ts'
import { stringMatching, wordMatching } from './schema-pattern.ts'

export type Schema = { readonly [keyword: string]: unknown }

/** `schema` is taken as valid; what it does not say is chosen freely. Optional properties are given too, until it gets deep. */
export function valueOf(schema: unknown, seed: number, prompt = ''): unknown {
  return generate(schema, {
    root: schema,
    random: randomFrom(seed),
    depth: 0,
    name: 'value',
    mentions: prompt === '' ? null : mentionsIn(prompt),
  })
}

type Context = {
  readonly root: unknown
  readonly random: () => number
  readonly depth: number
  readonly name: string
  readonly mentions: Mentions | null
}

/** Beyond this depth only what is required is generated, and the shallowest branch is taken. */
const generousDepth = 5
const depthMax = 40

function generate(given: unknown, context: Context): unknown {
  const schema = resolved(given, context.root)
  if (context.depth > depthMax) return null
  if ('const' in schema) return schema['const']
  if (Array.isArray(schema['enum'])) return oneOf(schema['enum'], context)
  const branches = listOf(schema['anyOf'] ?? schema['oneOf'])
  if (branches.length > 0)
    return generate(
      mergedSchema([{ ...schema, anyOf: undefined, oneOf: undefined }, branchOf(branches, context)]),
      deeper(context),
    )
  switch (typeOf(schema)) {
    case 'object':
      return objectOf(schema, context)
    case 'array':
      return arrayOf(schema, context)
    case 'string':
      return stringOf(schema, context)
    case 'integer':
      return integerOf(schema, context)
    case 'number':
      return numberOf(schema, context)
    case 'boolean':
      return context.random() < 0.5
    default:
      return null
  }
}

function oneOf(choices: readonly unknown[], { random, mentions }: Context): unknown {
  const at = Math.floor(random() * choices.length)
  return mentions?.oneOf(choices) ?? choices[at] ?? null
}

const deeper = (context: Context, name = context.name): Context => ({ ...context, name, depth: context.depth + 1 })
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
/** A JSON object, which is what a schema is; `true` and `false` are none here. */
export const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Follows $ref and folds allOf in, so that the rest sees one plain schema. */
function resolved(given: unknown, root: unknown, hops = 0): Schema {
  if (!isSchema(given) || hops > 20) return {}
  const { $ref, ...siblings } = given
  if (typeof $ref === 'string') {
    return mergedSchema([resolved(target(root, $ref), root, hops + 1), siblings])
  }
  const all = listOf(given['allOf'])
  if (all.length === 0) return given
  return mergedSchema([{ ...given, allOf: undefined }, ...all.map((part) => resolved(part, root, hops + 1))])
}

function target(root: unknown, reference: string): unknown {
  const steps = reference.replace(/^#\/?/, '').split('/').filter(Boolean)
  return steps.reduce<unknown>(
    (at, step) => (isSchema(at) ? at[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
    root,
  )
}

function mergedSchema(parts: readonly unknown[]): Schema {
  return parts.filter(isSchema).reduce<Schema>((merged, part) => {
    const properties =
      isSchema(merged['properties']) || isSchema(part['properties'])
        ? { properties: { ...(merged['properties'] as object), ...(part['properties'] as object) } }
        : {}
    const required = [...listOf(merged['required']), ...listOf(part['required'])]
    const defined = Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined))
    return { ...withoutUndefined(merged), ...defined, ...properties, ...(required.length > 0 ? { required } : {}) }
  }, {})
}

const withoutUndefined = (schema: Schema): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined))

/** When it gets deep: null if allowed, else the branch that mentions the fewest others, so recursion ends. */
function branchOf(branches: readonly unknown[], context: Context): unknown {
  const plain = branches.map((branch) => resolved(branch, context.root))
  if (context.depth <= generousDepth) return plain.find((branch) => typeOf(branch) !== 'null') ?? plain[0]
  return plain.toSorted((one, other) => nesting(one) - nesting(other))[0]
}

const nesting = (schema: Schema): number => (JSON.stringify(schema).match(/"\$ref"|"properties"|"items"/g) ?? []).length

function typeOf(schema: Schema): string {
  const types = (Array.isArray(schema['type']) ? schema['type'] : [schema['type']])
    .filter((type) => typeof type === 'string')
    .map((type) => type.toLowerCase())
  const type = types.find((candidate) => candidate !== 'null') ?? types[0]
  if (type) return type
  if ('properties' in schema) return 'object'
  if ('items' in schema || 'prefixItems' in schema) return 'array'
  if ('minimum' in schema || 'maximum' in schema) return 'number'
  return 'string'
}

function objectOf(schema: Schema, context: Context): unknown {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {}
  const required = new Set(listOf(schema['required']))
  const names = [...new Set([...listOf(schema['propertyOrdering']), ...Object.keys(properties), ...required])].filter(
    (name) => typeof name === 'string',
  )
  const given = names.filter((name) => required.has(name) || (name in properties && context.depth <= generousDepth))
  const rest = isSchema(schema['additionalProperties']) ? schema['additionalProperties'] : {}
  const keys = mapKeys(schema, names, context)
  return Object.fromEntries([
    ...given.map((name) => [name, generate(properties[name] ?? rest, deeper(context, name))] as const),
    ...keys.map((name) => [name, generate(rest, deeper(context, name))] as const),
  ])
}

/** The keys of a map: one, where none is named, and as many as have to be there. */
function mapKeys(schema: Schema, named: readonly string[], { depth }: Context): readonly string[] {
  const isMap = isSchema(schema['additionalProperties']) && named.length === 0 && depth <= generousDepth
  const wanted = Math.max(isMap ? 1 : 0, (numeric(schema['minProperties']) ?? 0) - named.length)
  return Array.from({ length: Math.min(wanted, 100) }, (_, at) => `key${at + 1}`)
}

function arrayOf(schema: Schema, context: Context): unknown {
  const prefix = listOf(schema['prefixItems'])
  const min = numeric(schema['minItems']) ?? 0
  const wanted = context.depth > generousDepth ? 0 : 1 + Math.floor(context.random() * 2)
  const isClosed = schema['items'] === false || (prefix.length > 0 && !('items' in schema))
  const length = isClosed
    ? prefix.length
    : Math.max(min, prefix.length, Math.min(wanted, numeric(schema['maxItems']) ?? wanted))
  const items = Array.from({ length }, (_, at) => generate(prefix[at] ?? schema['items'] ?? {}, deeper(context)))
  return schema['uniqueItems'] === true ? distinct(items) : items
}

/** Equal strings and numbers are told apart by a suffix or an offset; other items keep their first occurrence. */
function distinct(items: readonly unknown[]): readonly unknown[] {
  const spread = items.map((item, at) =>
    typeof item === 'string'
      ? items.indexOf(item) === at
        ? item
        : `${item} ${at}`
      : typeof item === 'number' && items.indexOf(item) !== at
        ? item + at
        : item,
  )
  return spread.filter((item, at) => spread.findIndex((other) => JSON.stringify(other) === JSON.stringify(item)) === at)
}

const numeric = (value: unknown): number | undefined =>
  value === undefined || value === null || Number.isNaN(Number(value)) ? undefined : Number(value)

type Bounds = { readonly min: number; readonly max: number }

/** Inclusive bounds in steps of `step`; exclusive ones, and those of draft 4 given as booleans, are moved by a step. */
function boundsOf(schema: Schema, step: number): Bounds {
  const exclusiveMin = typeof schema['exclusiveMinimum'] === 'number' ? schema['exclusiveMinimum'] + step : undefined
  const exclusiveMax = typeof schema['exclusiveMaximum'] === 'number' ? schema['exclusiveMaximum'] - step : undefined
  const given = (...bounds: readonly (number | undefined)[]) => bounds.filter((bound) => bound !== undefined)
  return {
    min: Math.max(...given(numeric(schema['minimum']), exclusiveMin), -Infinity),
    max: Math.min(...given(numeric(schema['maximum']), exclusiveMax), Infinity),
  }
}

/** A hundred steps, from where there is no bound: what is made up is small. */
function narrowed({ min, max }: Bounds, step: number): Bounds {
  const from = Number.isFinite(min) ? min : Number.isFinite(max) ? Math.min(max - 100 * step, 0) : 0
  return { min: from, max: Number.isFinite(max) ? max : from + 100 * step }
}

function integerOf(schema: Schema, context: Context): number {
  const step = numeric(schema['multipleOf']) ?? 1
  const bounds = boundsOf(schema, 1)
  const fits = (value: number): boolean => value >= bounds.min && value <= bounds.max && Number.isInteger(value / step)
  const said = context.mentions?.number((value) => fits(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER)
  if (said !== undefined) return said
  const { min, max } = narrowed(bounds, 1)
  const lowest = Math.ceil(min / step)
  return (lowest + Math.floor(context.random() * (Math.floor(max / step) - lowest + 1))) * step
}

function numberOf(schema: Schema, context: Context): number {
  if (numeric(schema['multipleOf']) !== undefined) return integerOf(schema, context)
  const bounds = boundsOf(schema, 1 / 1024)
  const said = context.mentions?.number((value) => value >= bounds.min && value <= bounds.max)
  if (said !== undefined) return said
  // Most tools mean a whole number and do not say so.
  if (bounds.min === -Infinity && bounds.max === Infinity) return Math.floor(context.random() * 101)
  const { min, max } = narrowed(bounds, 1 / 1024)
  const value = min + Math.round((max - min) * context.random() * 100) / 100
  return Math.min(max, Math.max(min, value))
}

const formats: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T12:00:00Z',
  date: '2026-01-01',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'simulated@example.com',
  'idn-email': 'simulated@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/simulated',
  url: 'https://example.com/simulated',
  'uri-reference': '/simulated',
  uuid: '00000000-0000-4000-8000-000000000000',
  byte: 'c2ltdWxhdGVk',
}

function stringOf(schema: Schema, context: Context): string {
  const { mentions, name, random } = context
  const lengths = { min: numeric(schema['minLength']) ?? 0, max: numeric(schema['maxLength']) ?? Infinity }
  const { pattern } = schema
  if (typeof pattern === 'string')
    return (
      wordMatching(pattern, mentions?.words ?? []) ?? stringMatching(pattern, lengths, Math.floor(random() * 2 ** 31))
    )
  const format = typeof schema['format'] === 'string' && schema['format'] in formats ? schema['format'] : undefined
  const said = mentions?.text(name, format)
  if (said !== undefined && said.length >= lengths.min && said.length <= lengths.max) return said
  if (format !== undefined) return formats[format]!
  const text = `simulated ${name.replaceAll(/[_-]+/g, ' ')}`
  const padded = text.length < lengths.min ? text.padEnd(lengths.min, ' simulated') : text
  return padded.slice(0, Math.min(lengths.max, Math.max(lengths.min, 200)))
}
