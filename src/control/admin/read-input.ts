/** Reads what a caller sent against a strict schema: a field that nobody knows is refused, never ignored. */
import { z } from 'zod'
import { AdminError } from './error.ts'

/** The JSON body, as the schema says; no body counts as `{}`. Throws `invalid_request` naming the field and what is allowed. */
export async function readBody<Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.output<Schema>> {
  const text = await request.text()
  return readFields(text === '' ? {} : parseJson(text), schema)
}

/** Fields as the schema says. Throws like `readBody`. */
export function readFields<Schema extends z.ZodType>(fields: unknown, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(fields)
  if (parsed.success) return parsed.data
  throw invalidField(parsed.error.issues[0]!)
}

const lineAllowed = 'at most 200 characters on one line'
/** A line of text for people, less the space around it. */
export const Line = z
  .string(lineAllowed)
  .trim()
  .max(200, lineAllowed)
  .regex(/^\P{Cc}*$/u, lineAllowed)

const nameAllowed = '1 to 100 characters on one line'
/** What people call something, less the space around it. */
export const Name = z
  .string(nameAllowed)
  .trim()
  .min(1, nameAllowed)
  .max(100, nameAllowed)
  .regex(/^\P{Cc}*$/u, nameAllowed)

/** A value that is refused: `allowed` completes "field must be …". */
export const invalid = (field: string, allowed: string): AdminError =>
  new AdminError('invalid_request', { field, message: `${field} must be ${allowed}.` })

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AdminError('invalid_request', { message: 'The body is not JSON.', cause })
  }
}

function invalidField(issue: z.core.$ZodIssue): AdminError {
  if (issue.code === 'unrecognized_keys') {
    const field = [...issue.path, issue.keys[0]].join('.')
    return new AdminError('invalid_request', { field, message: `${field} is not a field of this request.` })
  }
  const field = issue.path.join('.')
  if (field === '') return new AdminError('invalid_request', { message: 'The body must be a JSON object.' })
  return invalid(field, issue.message)
}
