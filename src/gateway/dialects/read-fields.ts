/** Checking the few fields we route or bill on; everything else of a body is the upstream's to judge. */
import { z } from 'zod'
import { duplicateKey, membersOf } from '../../lib/json-text.ts'
import { invalid, type GatewayError } from '../errors.ts'

/** Parses the fields of `schema`; the first problem becomes an error that names the field and what is allowed. */
export function readFields<T>(schema: z.ZodType<T>, json: unknown, at = ''): T {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = [at, ...(issue?.path ?? [])].filter((part) => part !== '').join('.')
  throw notAllowed(path === '' ? 'body' : path, issue?.message ?? 'not allowed')
}

/** The error that names a field and what is allowed in it. */
export const notAllowed = (path: string, allowed: string): GatewayError =>
  invalid(path, `Invalid '${path}': ${allowed}.`)

/** A field that may be absent, read without a schema. */
export function optional<T>(
  value: unknown,
  path: string,
  is: (value: unknown) => value is T,
  allowed: string,
): T | null {
  if (value === undefined || value === null) return null
  if (!is(value)) throw notAllowed(path, allowed)
  return value
}

/** The same for what `wholeNumber` allows. */
export function optionalWhole(value: unknown, path: string, min: number, max: number): number | null {
  if (value === undefined || value === null) return null
  if (!Number.isSafeInteger(value)) throw notAllowed(path, `expected a whole number from ${min} to ${max}`)
  const number = value as number
  if (number < min) throw notAllowed(path, `must be at least ${min}`)
  if (number > max) throw notAllowed(path, `must be at most ${max}`)
  return number
}

/**
 * Two upstreams may each read another of two equal keys; what we bill on must have one reading.
 * Looks at the outermost object and at the objects directly in it that `nested` names.
 */
export function refuseDuplicates(
  text: string,
  keys: ReadonlySet<string>,
  nested: readonly string[] = [],
  nameOf?: (key: string) => string,
): void {
  const members = membersOf(text)
  refuse(duplicateKey(members, keys, nameOf))
  for (const { key, start } of members)
    if (nested.includes(key) && text[start] === '{') refuse(duplicateKey(membersOf(text, start), keys, nameOf))
}

function refuse(key: string | null): void {
  if (key !== null) throw invalid(key, `'${key}' is given more than once; give it once.`)
}

export const wholeNumber = (min: number, max: number) =>
  z
    .int({ error: `expected a whole number from ${min} to ${max}` })
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
