/**
 * `mart.yaml` as it is in force, setting by setting, for operators to look at: what is written, and the defaults where
 * nothing is. Secrets are never part of it: what stands in the file are references, and these are shown as they stand.
 */
import { Secret } from '../lib/secret.ts'
import type { MartFile } from './resolve.ts'
import { sections, sectionsReadAtStart } from './restart.ts'

export type Setting = {
  /** `holds.plentyTimes`, `deployments[0].name`, `models["llama3.1:8b"].prices`. */
  readonly path: string
  /** JSON; as it is written, where it is. */
  readonly value: unknown
  /** `environment`: what is written refers to a variable. */
  readonly source: 'file' | 'environment' | 'default'
  readonly isSecret: boolean
  /** Whether a change of it waits for another start. */
  readonly needsRestart: boolean
}

type Told = Pick<Setting, 'path' | 'value' | 'source' | 'isSecret'>

type Read = { readonly file: MartFile; readonly written: unknown }

/** The settings of what was read `now`, and of what was `started` with where only a start reads it. */
export const settingsInForce = (started: Read, now: Read): readonly Setting[] =>
  sections.flatMap((section) => {
    const needsRestart = sectionsReadAtStart.includes(section)
    const { file, written } = needsRestart ? started : now
    return settingsAt(section, file[section], partOf(written, section)).map((each) => ({ ...each, needsRestart }))
  })

/** What becomes something else when it is read, and is shown as it is written. */
const asWritten: ReadonlySet<string> = new Set(['prices', 'lifecycle', 'aliases'])

function settingsAt(path: string, value: unknown, written: unknown): readonly Told[] {
  if (value instanceof Secret) return [secretAt(path, written)]
  const name = path.slice(path.lastIndexOf('.') + 1)
  if (written !== undefined && (asWritten.has(name) || !isTree(value) || !isTree(written)))
    return [writtenAt(path, written)]
  if (!isTree(value)) return [{ path, value: plain(value), source: 'default', isSecret: false }]
  const names = [...new Set([...Object.keys(value), ...(isTree(written) ? Object.keys(written) : [])])]
  if (names.length === 0) return [{ path, value, source: 'default', isSecret: false }]
  return names.flatMap((each) =>
    settingsAt(path + step(each, Array.isArray(value)), partOf(value, each), partOf(written, each)),
  )
}

/** A mapping, or a list of mappings: a list of anything else is one value. */
function isTree(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || value instanceof Secret) return false
  return !Array.isArray(value) || (value.length > 0 && value.every(isTree))
}

const partOf = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null && Object.hasOwn(of, name) ? of[name as never] : undefined

function step(name: string, isIndex: boolean): string {
  if (isIndex) return `[${name}]`
  return /^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}

/** A default that is a secret is none that anybody set. */
const secretAt = (path: string, written: unknown): Told => ({
  path,
  value: written ?? null,
  source: typeof written === 'string' ? 'environment' : 'file',
  isSecret: true,
})

const writtenAt = (path: string, written: unknown): Told => ({
  path,
  value: written,
  source: /\$\{[A-Za-z_]\w*\}/.test(JSON.stringify(written)) ? 'environment' : 'file',
  isSecret: false,
})

/** Exact amounts are whole numbers far below what JSON can hold, or text. */
const plain = (value: unknown): unknown =>
  typeof value === 'bigint' ? (Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()) : value
