/** What Google's two services refuse alike: fields that they do not have. */
import { Refusal } from '../refusal.ts'

/** A JSON object, as far as it is one. */
export type Members = Readonly<Record<string, unknown>>

/** The members of what should be an object; none of anything else. */
export const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null ? (value as Members) : {}

const camelCase = (key: string): string => key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** A member by its name in camelCase, however it was written: Google's JSON takes both. */
export function memberOf(members: Members, name: string): unknown {
  const key = Object.keys(members).find((given) => camelCase(given) === name)
  return key === undefined ? undefined : members[key]
}

/** Refuses with 400 what is in `unknown`. `where` is the path of the members, empty for the body itself. */
export const refuseUnknown = (members: Members, unknown: readonly string[], where = ''): void =>
  refuseFirst(members, (name) => unknown.includes(name), where)

/** Refuses with 400 what is not in `known`. */
export const refuseAllBut = (members: Members, known: readonly string[]): void =>
  refuseFirst(members, (name) => !known.includes(name), '')

function refuseFirst(members: Members, isUnknown: (name: string) => boolean, where: string): void {
  const key = Object.keys(members).find((given) => isUnknown(camelCase(given)))
  if (key === undefined) return
  const at = where === '' ? '' : ` at '${where}'`
  const message = `Invalid JSON payload received. Unknown name "${key}"${at}: Cannot find field.`
  throw new Refusal(400, message, { details: [badRequest(message, where)] })
}

const badRequest = (description: string, field: string): object => ({
  '@type': 'type.googleapis.com/google.rpc.BadRequest',
  fieldViolations: [field === '' ? { description } : { field, description }],
})
