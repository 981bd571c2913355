/** The one line with which configuration is refused. It never shows what may be a secret. */
import type { z } from 'zod'
import { isAboutSecret } from '../lib/references.ts'

/** A refusal to start, or to accept a file; its message is one line for people. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigError'
  }
}

/** Something wrong, at its place. `name`: how the name there is wrong; without it, the value is. */
export type Problem = {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly name?: 'unknown' | 'taken'
}

/**
 * The line for the first thing that is wrong: where it stands, its path, its value and what is allowed.
 * `data` is what was checked; values at the paths of `secrets` are not shown.
 */
export function refusal(
  where: string,
  error: z.ZodError,
  data: unknown,
  secrets: ReadonlySet<PropertyKey> = new Set(),
): ConfigError {
  const issue = error.issues[0]!
  if (issue.code === 'unrecognized_keys')
    return new ConfigError(
      `${where}: ${pathText([...issue.path, issue.keys[0]!])} is unknown; allowed: ${issue.message}`,
    )
  if (issue.code === 'invalid_key')
    return new ConfigError(`${where}: ${pathText(issue.path)} has no valid name; allowed: ${issue.issues[0]!.message}`)
  const wrongName = issue.code === 'custom' ? (issue.params?.['name'] as 'unknown' | 'taken' | undefined) : undefined
  if (wrongName !== undefined)
    return new ConfigError(`${where}: ${pathText(issue.path)} is ${wrongName}; allowed: ${issue.message}`)
  const value = valueAt(data, issue.path)
  const isHidden = value !== undefined && (isAboutSecret(issue) || secrets.has(issue.path[0]!))
  const text = isHidden ? 'not shown here' : isMisplacedText(issue, value) ? 'text' : shown(value)
  return new ConfigError(`${where}: ${pathText(issue.path)} is ${text}; allowed: ${issue.message}`)
}

const valueAt = (data: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], data)

/** Text where a mapping or a list belongs may be what belongs inside of it, such as a secret. */
const isMisplacedText = (issue: z.core.$ZodIssue, value: unknown): boolean =>
  typeof value === 'string' &&
  issue.code === 'invalid_type' &&
  (['object', 'array', 'record'] as string[]).includes(issue.expected)

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the whole file'
  return path.map((key) => (/^[\w.*:/-]+$/.test(String(key)) ? masked(String(key)) : shown(key))).join('.')
}

const shownCharsMax = 80

/** A value on one line, without credentials; text inside of mappings and lists is left out, but for the path of a file. */
function shown(value: unknown): string {
  const isText = (each: unknown): boolean => typeof each === 'string'
  const json =
    isText(value) || isFile(value)
      ? JSON.stringify(value)
      : JSON.stringify(value, (_, each) => (isText(each) ? '…' : each))
  const text = masked(json ?? 'missing')
  return text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text
}

const isFile = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).join() === 'file'

/** What looks like a credential, wherever it was written by mistake, and the password that a URL may carry. */
const masked = (text: string): string =>
  text
    .replaceAll(/\/\/[^/@\s]*@/g, '//…@')
    .replaceAll(/\b(?:sk-|AIza|ya29\.|eyJ)[\w.-]+|-----BEGIN.*|[A-Za-z0-9+]{32,}=*/g, '…')
