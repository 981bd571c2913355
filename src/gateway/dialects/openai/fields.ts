/**
 * Reading the fields we route and bill on. What is wrong with one is told in OpenAI's own words and codes, because
 * callers look for them: OpenBMB/ChatDev#446, thisisartium/continuous-alignment-testing#25, diffbot/code-gpt-docs#273.
 */
import { invalid, type GatewayError } from '../../errors.ts'

/** A field that must be there. Throws where it is not, or is something else. */
export function required<T>(value: unknown, path: string, is: (value: unknown) => value is T, expected: string): T {
  if (value === undefined) throw missing(path)
  if (!is(value)) throw wrongType(path, expected, value)
  return value
}

/** A field that may be absent. Throws where it is something else. */
export const optional = <T>(
  value: unknown,
  path: string,
  is: (value: unknown) => value is T,
  expected: string,
): T | null => (value === undefined || value === null ? null : required(value, path, is, expected))

/** No JSON reader makes the same integer of one that is larger. */
const isAbsurd = (value: number): boolean => Math.abs(value) > Number.MAX_SAFE_INTEGER

/** An integer of any size that can be billed by; null for none. Throws for everything else, which upstreams might read as a number of their own. */
export function optionalInteger(value: unknown, path: string, { min, max }: Range): number | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'number') throw wrongType(path, 'an integer', value)
  if (isAbsurd(value)) throw outOfRange(path, value, { min, max })
  if (!Number.isInteger(value)) throw wrongType(path, 'an integer', value)
  return value
}

export type Range = { readonly min: number; readonly max: number }
export const isWithin = (value: number, { min, max }: Range): boolean => value >= min && value <= max

export const missing = (path: string): GatewayError =>
  invalid(path, `Missing required parameter: '${path}'.`, 'missing_required_parameter')

export const emptyArray = (path: string): GatewayError =>
  invalid(
    path,
    `Invalid '${path}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
    'empty_array',
  )

/** More items or messages of one request would keep everybody else waiting; OpenAI itself takes 2,048 messages. */
const listLengthMax = 10_000

/** Throws where a list is longer than that. */
export function refuseLong(path: string, { length }: readonly unknown[]): void {
  if (length > listLengthMax)
    throw invalid(
      path,
      `Invalid '${path}': array too long. Expected an array with maximum length ${listLengthMax}, but got an array with length ${length} instead.`,
      'array_above_max_length',
    )
}

export const wrongType = (path: string, expected: string, value: unknown): GatewayError =>
  invalid(path, `Invalid type for '${path}': expected ${expected}, but got ${kindOf(value)} instead.`, 'invalid_type')

export const outOfRange = (path: string, value: number, { min, max }: Range): GatewayError =>
  value < min
    ? invalid(
        path,
        `Invalid '${path}': integer below minimum value. Expected a value >= ${min}, but got ${value} instead.`,
        'integer_below_min_value',
      )
    : invalid(
        path,
        `Invalid '${path}': integer above maximum value. Expected a value <= ${max}, but got ${value} instead.`,
        'integer_above_max_value',
      )

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
