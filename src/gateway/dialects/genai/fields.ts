/**
 * Whole numbers as Google's JSON has them: also in quotes (https://protobuf.dev/programming-guides/json). What is none
 * is told in Google's words, by the name that the field has there.
 */
import { invalid, type GatewayError } from '../../errors.ts'
import { snakeCase } from './spelling.ts'

/** `isQuoted`: Google takes it for the number; what else serves Gemini's dialect may overlook it. */
export type Whole = { readonly value: number; readonly isQuoted: boolean }
export type Range = { readonly min: number; readonly max: number }

const int32Max = 2_147_483_647

/** null for none. Throws for what Google would not read as an int32. */
export function optionalWhole(value: unknown, field: string): Whole | null {
  if (value === undefined || value === null) return null
  const isQuoted = typeof value === 'string' && /^-?\d{1,10}$/.test(value)
  const number = isQuoted ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || Math.abs(number) > int32Max)
    throw notInt32(field, value)
  return { value: number, isQuoted }
}

export const isWithin = ({ value }: Whole, { min, max }: Range): boolean => value >= min && value <= max

const shownCharsMax = 100
const notInt32 = (field: string, value: unknown): GatewayError =>
  refused(field, (name) => `Invalid value at '${name}' (TYPE_INT32), ${shown(value)}`)

/** JSON has no infinity, and `1e400` is none of it either. */
const shown = (value: unknown): string =>
  typeof value === 'number' ? String(value) : JSON.stringify(value).slice(0, shownCharsMax)

/** stackblitz-labs/bolt.diy#955 has the words of Vertex AI. */
export const outOfRange = (field: string, { value }: Whole, { min, max }: Range): GatewayError =>
  refused(
    field,
    () =>
      `Unable to submit request because it has a ${field} value of ${value} but the supported range is from ${min} (inclusive) to ${max + 1} (exclusive). Update the value and try again.`,
  )

/** In quotes it is right, but for whoever does not know that. */
export const quoted = (field: string): GatewayError =>
  refused(
    field,
    (name) =>
      `The value at '${name}' is in quotes; there is not enough credit to serve it without a limit. Send a number.`,
  )

function refused(field: string, words: (name: string) => string): GatewayError {
  const name = `generation_config.${snakeCase(field)}`
  return invalid(name, words(name))
}
