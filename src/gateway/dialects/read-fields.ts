/** Checking the few fields we route or bill on; everything else of a body is the upstream's to judge. */
import type { z } from 'zod'
import { duplicateKey, elementsOf, membersMany, membersOf } from '../../lib/json-text.ts'
import type { JsonBody } from '../dialect.ts'
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
const notAllowed = (path: string, allowed: string): GatewayError => invalid(path, `Invalid '${path}': ${allowed}.`)

/**
 * Two upstreams may each read another of two equal keys; what we bill on must have one reading.
 * Looks at the outermost object and at the objects directly in it that `nested` names.
 */
export function refuseDuplicates(
  { text, json }: Pick<JsonBody, 'text' | 'json'>,
  keys: ReadonlySet<string>,
  nested: readonly string[] = [],
  nameOf?: (key: string) => string,
): void {
  // Of equal keys, parsing has kept one.
  if (nameOf === undefined && !hasAny(json, nested) && membersMany(text) === Object.keys(json).length) return
  const members = membersOf(text)
  refuse(duplicateKey(members, keys, nameOf))
  for (const { key, start } of members)
    if (nested.includes(key) && text[start] === '{') refuse(duplicateKey(membersOf(text, start), keys, nameOf))
}

function hasAny(json: JsonBody['json'], names: readonly string[]): boolean {
  for (const name of names) if (name in json) return true
  return false
}

/** The same of the objects in the list that the member `list` is. */
export function refuseDuplicatesIn(text: string, list: string, keys: ReadonlySet<string>): void {
  const member = membersOf(text).findLast(({ key }) => key === list)
  if (member === undefined || text[member.start] !== '[') return
  for (const start of elementsOf(text, member.start)) refuse(duplicateKey(membersOf(text, start), keys))
}

function refuse(key: string | null): void {
  if (key !== null) throw invalid(key, `'${key}' is given more than once; give it once.`)
}
