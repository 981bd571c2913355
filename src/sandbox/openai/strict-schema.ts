/**
 * The part of JSON Schema that OpenAI's structured outputs take, refused beyond it in OpenAI's words
 * (guides/structured-outputs: all properties required, additionalProperties false, ten levels, 5,000
 * properties, 1,000 enum values, 120,000 characters of names and values).
 */
import { Refusal } from '../refusal.ts'
import { isSchema, type Schema } from '../schema-value.ts'

/** Where a schema stands, and how a refusal speaks of it. */
export type SchemaPlace = {
  /** `response_format 'event'` or `function 'get_weather'`. */
  readonly owner: string
  readonly param: string
  readonly code: string | null
}

const levelsMax = 10
const propertiesMax = 5_000
const enumValuesMax = 1_000
const charactersMax = 120_000

/** Refuses with 400 what is no object schema at all; with `strict` also what strict mode does not take. */
export function refuseSchema(schema: unknown, strict: boolean, place: SchemaPlace): void {
  const type = isSchema(schema) ? schema['type'] : undefined
  const isStrictRef = strict && isSchema(schema) && typeof schema['$ref'] === 'string'
  if (type !== 'object' && !isStrictRef && (strict || type !== undefined))
    throw invalid(place, `schema must be a JSON Schema of 'type: "object"', got 'type: "${textOf(type)}"'.`)
  if (!strict) return
  const totals = { properties: 0, enumValues: 0, characters: 0 }
  checkStrict(schema, { place, root: schema as Schema, path: [], levels: 1, totals })
  if (totals.properties > propertiesMax)
    throw invalid(
      place,
      `Expected at most ${propertiesMax} object properties in total within a schema, but got ${totals.properties}.`,
    )
  if (totals.enumValues > enumValuesMax)
    throw invalid(
      place,
      `Expected at most ${enumValuesMax} enum values in total within a schema, but got ${totals.enumValues}.`,
    )
  if (totals.characters > charactersMax)
    throw invalid(
      place,
      `Expected at most ${charactersMax} characters in names and values in total within a schema, but got ${totals.characters}.`,
    )
}

const textOf = (type: unknown): string =>
  typeof type === 'string' ? type : type === undefined ? 'None' : JSON.stringify(type)

type Totals = { properties: number; enumValues: number; characters: number }
type Walk = {
  readonly place: SchemaPlace
  readonly root: Schema
  readonly path: readonly string[]
  readonly levels: number
  readonly totals: Totals
}

const forbidden = [
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
  'propertyNames',
  'unevaluatedProperties',
  'unevaluatedItems',
  'minProperties',
  'maxProperties',
  'contains',
  'minContains',
  'maxContains',
  'uniqueItems',
  'prefixItems',
] as const
const formats = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid']

function checkStrict(given: unknown, walk: Walk): void {
  if (!isSchema(given)) throw inContext(walk, `${JSON.stringify(given)} is not of type 'object'.`)
  if (walk.levels > levelsMax)
    throw invalid(walk.place, `${walk.levels} levels of nesting exceeds limit of ${levelsMax}.`)
  checkKeywords(given, walk)
  const { $ref, $defs, definitions, anyOf } = given
  for (const [keyword, group] of Object.entries({ $defs, definitions }))
    for (const [name, schema] of entriesOf(group)) {
      walk.totals.characters += name.length
      checkStrict(schema, { ...walk, path: [...walk.path, keyword, name], levels: 1 })
    }
  if (typeof $ref === 'string') return checkReference(given, $ref, walk)
  if (anyOf !== undefined) {
    if (!Array.isArray(anyOf)) throw inContext(walk, "'anyOf' must be an array.")
    anyOf.forEach((branch, at) => checkStrict(branch, { ...walk, path: [...walk.path, 'anyOf', String(at)] }))
    return
  }
  if (!('type' in given) && !('enum' in given) && !('const' in given))
    throw inContext(walk, "schema must have a 'type' key.")
  if (isOfType(given, 'object')) checkObject(given, walk)
  if (isOfType(given, 'array')) {
    if (!('items' in given)) throw inContext(walk, 'array schema missing items.')
    checkStrict(given['items'], { ...walk, path: [...walk.path, 'items'], levels: walk.levels + 1 })
  }
}

function checkReference(given: Schema, reference: string, walk: Walk): void {
  const others = Object.keys(given).filter((key) => !['$ref', '$defs', 'definitions', '$schema'].includes(key))
  if (others.length > 0)
    throw inContext(walk, `$ref cannot have keywords {${others.map((key) => `'${key}'`).join(', ')}}.`)
  const steps = reference.replace(/^#\/?/, '').split('/').filter(Boolean)
  const target = steps.reduce<unknown>(
    (at, step) => (isSchema(at) ? at[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
    walk.root,
  )
  if (!reference.startsWith('#') || target === undefined)
    throw inContext(walk, `reference to component '${reference}' which was not found in the schema.`)
}

const isOfType = ({ type }: Schema, wanted: string): boolean =>
  type === wanted || (Array.isArray(type) && type.includes(wanted))

function checkKeywords(given: Schema, walk: Walk): void {
  const wrong = forbidden.find((keyword) => keyword in given)
  if (wrong !== undefined) throw inContext(walk, `'${wrong}' is not permitted.`)
  const { default: fallback, format } = given
  if (fallback !== undefined) throw inContext(walk, "'default' is not permitted.")
  if (typeof format === 'string' && !formats.includes(format))
    throw inContext(walk, `'${format}' is not a valid format.`)
  if (Array.isArray(given['enum'])) {
    walk.totals.enumValues += given['enum'].length
    for (const value of given['enum']) walk.totals.characters += String(value).length
  }
}

function checkObject(given: Schema, walk: Walk): void {
  if (given['additionalProperties'] !== false)
    throw inContext(walk, "'additionalProperties' is required to be supplied and to be false.")
  const properties = entriesOf(given['properties'])
  const required = Array.isArray(given['required']) ? given['required'] : []
  const missing = properties.find(([name]) => !required.includes(name))
  if (missing)
    throw inContext(
      walk,
      `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing[0]}'.`,
    )
  const extra: unknown = required.find((name) => !properties.some(([known]) => known === name))
  if (extra !== undefined)
    throw inContext(
      walk,
      `'required' is required to be supplied and to be an array including every key in properties. Extra required key '${typeof extra === 'string' ? extra : JSON.stringify(extra)}' supplied.`,
    )
  walk.totals.properties += properties.length
  for (const [name, schema] of properties) {
    walk.totals.characters += name.length
    checkStrict(schema, { ...walk, path: [...walk.path, 'properties', name], levels: walk.levels + 1 })
  }
}

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  isSchema(value) ? Object.entries(value) : []

/** Python writes a path as a tuple, and so does OpenAI. */
function inContext({ place, path }: Walk, what: string): Refusal {
  const tuple = path.map((step) => `'${step}'`).join(', ')
  return invalid(place, `In context=(${tuple}${path.length === 1 ? ',' : ''}), ${what}`)
}

const invalid = ({ owner, param, code }: SchemaPlace, what: string): Refusal =>
  new Refusal(400, `Invalid schema for ${owner}: ${what}`, { param, code })
