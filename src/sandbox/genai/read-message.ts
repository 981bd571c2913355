/**
 * Google's JSON, read by a table of its messages: names in camelCase or snake_case at every level, numbers as
 * strings too, one item in place of a list. What the table does not know is refused in Google's words, all of it
 * in one answer. What comes out has camelCase names.
 */
import { Refusal } from '../refusal.ts'

/** What a field holds. `any` is JSON of its own, whose names are nobody's business here. */
export type Field =
  | { readonly kind: 'string' | 'int32' | 'int64' | 'float' | 'double' | 'bool' | 'bytes' | 'any' }
  | { readonly kind: 'enum'; readonly name: string; readonly values: readonly string[] }
  | { readonly kind: 'message'; readonly of: () => Message }
  | { readonly kind: 'list' | 'map'; readonly of: Field }

export type Message = {
  readonly name: string
  readonly fields: Readonly<Record<string, Field>>
  /** Of these fields there may be one. */
  readonly oneOf?: readonly string[]
}

type Violation = { readonly field: string; readonly description: string }
type Members = Readonly<Record<string, unknown>>

const violationsMax = 20

/** The message, or a refusal with 400 that names everything that is wrong with it. */
export function readMessage(json: unknown, message: Message): Members {
  const violations: Violation[] = []
  const read = membersOf(json, message, { path: '', violations })
  if (violations.length > 0) throw refusalOf(violations.slice(0, violationsMax))
  return read
}

function refusalOf(violations: readonly Violation[]): Refusal {
  const fieldViolations = violations.map(({ field, description }) =>
    field === '' ? { description } : { field, description },
  )
  return new Refusal(400, violations.map(({ description }) => description).join('\n'), {
    details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }],
  })
}

type Place = { readonly path: string; readonly violations: Violation[] }

function membersOf(json: unknown, { name, fields, oneOf }: Message, place: Place): Members {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    if (place.path === '')
      report(place, 'Invalid JSON payload received. Unknown name "": Root element must be a message.')
    else wrongValue(json, `type.googleapis.com/${protoPackage}.${name}`, place)
    return {}
  }
  const read: Record<string, unknown> = {}
  for (const key of Object.keys(json)) {
    const given = (json as Members)[key]
    const camel = Object.hasOwn(fields, key) ? key : camelCase(key)
    const field = Object.hasOwn(fields, camel) ? fields[camel]! : undefined
    if (field === undefined) unknownName(key, place)
    else if (given !== null) read[camel] = valueOf(given, field, within(place, key, camel))
  }
  if (oneOf) refuseSecond(read, oneOf, place)
  return read
}

/** The package that Google's messages are named by. */
const protoPackage = 'google.ai.generativelanguage.v1beta'

type Named = Place & { readonly key: string; readonly above: string }

const within = ({ path, violations }: Place, key: string, camel: string): Named => {
  const name = snakeCase(camel)
  return { path: path === '' ? name : `${path}.${name}`, violations, key, above: path }
}

function valueOf(given: unknown, field: Field, place: Named): unknown {
  switch (field.kind) {
    case 'list':
      return listOf(given, field.of, place)
    case 'map':
      return mapOf(given, field.of, place)
    case 'any':
      return given
    case 'message':
    case 'enum':
    case 'string':
    case 'int32':
    case 'int64':
    case 'float':
    case 'double':
    case 'bool':
    case 'bytes':
      if (!Array.isArray(given)) return singleOf(given, field, place)
      notRepeating(place)
      return undefined
  }
}

const listOf = (given: unknown, of: Field, place: Named): readonly unknown[] =>
  Array.isArray(given)
    ? given.map((item, at) => singleOf(item, of, { ...place, path: `${place.path}[${at}]` }))
    : [singleOf(given, of, place)]

function mapOf(given: unknown, of: Field, place: Named): Members {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    wrongValue(given, 'Map', place)
    return {}
  }
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key,
      valueOf(value, of, { ...place, key, above: place.path, path: `${place.path}[${shortKey(key)}].value` }),
    ]),
  )
}

const shortKey = (key: string): string => key.slice(0, 100)

function singleOf(given: unknown, field: Field, place: Named): unknown {
  switch (field.kind) {
    case 'message':
      return membersOf(given, field.of(), place)
    case 'enum':
      return enumOf(given, field, place)
    case 'list':
    case 'map':
    case 'any':
      return given
    case 'string':
      return typeof given === 'string' ? given : wrongValue(given, 'TYPE_STRING', place)
    case 'bool':
      return typeof given === 'boolean' ? given : wrongValue(given, 'TYPE_BOOL', place)
    case 'bytes':
      return bytesOf(given, place)
    case 'int32':
    case 'int64':
      return Number.isInteger(numberOf(given))
        ? numberOf(given)
        : wrongValue(given, `TYPE_${field.kind.toUpperCase()}`, place)
    case 'float':
    case 'double':
      return Number.isNaN(numberOf(given))
        ? wrongValue(given, `TYPE_${field.kind.toUpperCase()}`, place)
        : numberOf(given)
  }
}

const numberOf = (given: unknown): number =>
  typeof given === 'number' ? given : typeof given === 'string' && given.trim() !== '' ? Number(given) : NaN

function bytesOf(given: unknown, place: Place): unknown {
  if (typeof given !== 'string') return wrongValue(given, 'TYPE_BYTES', place)
  if (/^[A-Za-z0-9+/_-]*={0,2}$/.test(given)) return given
  const shown = JSON.stringify(given.slice(0, 100))
  report(place, `Invalid value at '${place.path}' (TYPE_BYTES), Base64 decoding failed for ${shown}`)
  return undefined
}

/** Words of an enumeration in either case, or their numbers. */
function enumOf(given: unknown, { name, values }: Extract<Field, { kind: 'enum' }>, place: Place): unknown {
  const word = typeof given === 'string' ? given.toUpperCase() : typeof given === 'number' ? values[given] : undefined
  return word !== undefined && values.includes(word)
    ? word
    : wrongValue(given, `type.googleapis.com/${protoPackage}.${name}`, place)
}

function wrongValue(given: unknown, type: string, place: Place): undefined {
  const shown = typeof given === 'object' && given !== null ? (Array.isArray(given) ? '[' : '{') : JSON.stringify(given)
  report(place, `Invalid value at '${place.path}' (${type}), ${(shown ?? 'null').slice(0, 200)}`)
}

function unknownName(key: string, place: Place): void {
  const at = place.path === '' ? '' : ` at '${place.path}'`
  report(place, `Invalid JSON payload received. Unknown name "${key}"${at}: Cannot find field.`)
}

function notRepeating({ key, above, violations }: Named): void {
  const at = above === '' ? '' : ` at '${above}'`
  report(
    { path: above, violations },
    `Invalid JSON payload received. Unknown name "${key}"${at}: Proto field is not repeating, cannot start list.`,
  )
}

function refuseSecond(read: Members, oneOf: readonly string[], place: Place): void {
  const second = oneOf.filter((field) => read[field] !== undefined)[1]
  if (second !== undefined)
    report(place, `Invalid value at '${place.path}' (oneof), oneof field 'data' is already set. Cannot set '${second}'`)
}

const report = ({ path, violations }: Place, description: string): void =>
  void violations.push({ field: path, description })

const camelCase = (key: string): string =>
  key.includes('_') ? key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : key
const snakeCase = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
