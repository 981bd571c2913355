/** OpenAI's words for a field that is missing, unknown, of another type or out of bounds. */
import type { z } from 'zod'
import { Refusal } from '../refusal.ts'

type Issue = z.core.$ZodIssue
type Words = { readonly message: string; readonly code: string }

/** The refusal for the first thing that is wrong with a body. */
export function fieldRefusal(issue: Issue): Refusal {
  const found = innermost(issue, [])
  const param = nameOf(found.path)
  const { message, code } = wordsFor(found.issue, param)
  return new Refusal(400, message, { param: param || null, code })
}

const nameOf = (path: readonly PropertyKey[]): string =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')

type Found = { readonly issue: Issue; readonly path: readonly PropertyKey[] }

/** Where one of several shapes fits but for something inside it, that is what is wrong. */
function innermost(issue: Issue, above: readonly PropertyKey[]): Found {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') return { issue, path: [...path, issue.keys[0]!] }
  if (issue.code !== 'invalid_union') return { issue, path }
  const deeper = issue.errors.map((branch) => branch[0]).find((inner) => inner !== undefined && isInside(inner))
  return deeper ? innermost(deeper, path) : { issue, path }
}

/** Of the right type, and wrong inside. */
const isInside = (issue: Issue): boolean =>
  issue.path.length > 0 ||
  (issue.code === 'invalid_value' && typeof issue.input === typeof issue.values[0]) ||
  ['unrecognized_keys', 'too_big', 'too_small', 'invalid_format'].includes(issue.code)

function wordsFor(issue: Issue, param: string): Words {
  if (issue.code === 'unrecognized_keys')
    return { message: `Unknown parameter: '${param}'.`, code: 'unknown_parameter' }
  if (issue.code === 'invalid_union' && 'discriminator' in issue) return wordsForTag(issue, param)
  if (issue.input === undefined && param)
    return { message: `Missing required parameter: '${param}'.`, code: 'missing_required_parameter' }
  if (issue.code === 'too_small') return wordsForSmall(issue, param)
  if (issue.code === 'too_big') return wordsForBig(issue, param)
  if (issue.code === 'invalid_format')
    return {
      message: `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${String(issue.pattern).replaceAll(/^\/|\/$/g, '')}'.`,
      code: 'invalid_value',
    }
  return issue.code === 'invalid_value' && typeof issue.input === 'string'
    ? wordsForValue(issue.input, issue.values)
    : wordsForType(issue, param)
}

/** A `type` that no shape has. */
function wordsForTag(issue: z.core.$ZodIssueInvalidUnion, param: string): Words {
  const tag = (issue.input as Readonly<Record<string, unknown>> | undefined)?.['type']
  if (tag === undefined)
    return { message: `Missing required parameter: '${param}'.`, code: 'missing_required_parameter' }
  return wordsForValue(tag, 'options' in issue ? issue.options : [])
}

function wordsForValue(value: unknown, values: readonly unknown[]): Words {
  const all = values.map((supported) => `'${String(supported)}'`)
  const listed = all.length < 3 ? all.join(' and ') : `${all.slice(0, -1).join(', ')}, and ${all.at(-1)}`
  return { message: `Invalid value: '${String(value)}'. Supported values are: ${listed}.`, code: 'invalid_value' }
}

function wordsForType(issue: Issue, param: string): Words {
  return {
    message: `Invalid type for '${param}': expected ${expectedOf(issue)}, but got ${kindOf(issue.input)} instead.`,
    code: 'invalid_type',
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a decimal number',
  int: 'an integer',
  boolean: 'a boolean',
  object: 'an object',
  record: 'an object',
  array: 'an array',
}

function expectedOf(issue: Issue): string {
  if (issue.code === 'invalid_value')
    return issue.values.length === 1 && typeof issue.values[0] !== 'string' ? String(issue.values[0]) : 'a string'
  if (issue.code === 'invalid_type') return kinds[issue.expected] ?? String(issue.expected)
  if (issue.code !== 'invalid_union') return 'another type'
  const each = issue.errors.flatMap((branch) => (branch[0] ? [expectedOf(branch[0])] : []))
  return `one of ${[...new Set(each)].join(' or ')}`
}

/** Of these a whole number is a number like others. */
const kindOfBound = (param: string): 'integer' | 'decimal' =>
  /^(?:temperature|top_p|presence_penalty|frequency_penalty|logit_bias\b.*)$/.test(param) ? 'decimal' : 'integer'

function wordsForSmall({ origin, minimum, input }: z.core.$ZodIssueTooSmall, param: string): Words {
  if (origin === 'array')
    return {
      message: `Invalid '${param}': empty array. Expected an array with minimum length ${minimum}, but got an empty array instead.`,
      code: 'empty_array',
    }
  if (origin === 'string')
    return {
      message: `Invalid '${param}': empty string. Expected a string with minimum length ${minimum}, but got an empty string instead.`,
      code: 'empty_string',
    }
  const kind = kindOfBound(param)
  return {
    message: `Invalid '${param}': ${kind} below minimum value. Expected a value >= ${minimum}, but got ${String(input)} instead.`,
    code: `${kind}_below_min_value`,
  }
}

function wordsForBig({ origin, maximum, input }: z.core.$ZodIssueTooBig, param: string): Words {
  if (origin === 'array' || origin === 'string') {
    const what = origin === 'array' ? 'an array' : 'a string'
    const { length } = input as { readonly length: number }
    return {
      message: `Invalid '${param}': ${origin} too long. Expected ${what} with maximum length ${maximum}, but got ${what} with length ${length} instead.`,
      code: `${origin}_above_max_length`,
    }
  }
  const kind = kindOfBound(param)
  return {
    message: `Invalid '${param}': ${kind} above maximum value. Expected a value <= ${maximum}, but got ${String(input)} instead.`,
    code: `${kind}_above_max_value`,
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  // What a form says is text, and came to no number.
  if (Number.isNaN(value)) return 'a string'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
