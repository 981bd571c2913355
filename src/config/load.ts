/** Reads `mart.yaml` and what it refers to. */
import { isUtf8 } from 'node:buffer'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseDocument, type YAMLError } from 'yaml'
import { systemClock } from '../lib/clock.ts'
import type { References } from '../lib/references.ts'
import { Secret } from '../lib/secret.ts'
import type { Environment } from './environment.ts'
import type { PricesSchema } from './model-schema.ts'
import { martFileSchema } from './mart-file.ts'
import { ConfigError, refusal } from './refusal.ts'
import type { MartFile } from './resolve.ts'

const defaultFile = 'mart.yaml'

/** The file of that name, or `mart.yaml` of the working folder when none is named; null when that is not there. Absolute. */
export function martFilePath(named: string | undefined): string | null {
  if (named !== undefined && named !== '') return resolve(named)
  return existsSync(defaultFile) ? defaultFilePath() : null
}

/** Where a file is looked for when none is named. Absolute. */
export const defaultFilePath = (): string => resolve(defaultFile)

/** Reads the file, or the defaults when `path` is null. Frozen. Throws `ConfigError`. */
export const readMartFile = (path: string | null, env: Environment, prices: PricesSchema): MartFile =>
  readBoth(path, env, prices).file

/** The file, and what is written in it: references where secrets stand, and nothing where a default is taken. */
export type Both = { readonly path: string | null; readonly file: MartFile; readonly written: unknown }

/** As `readMartFile`. */
export function readBoth(path: string | null, env: Environment, prices: PricesSchema): Both {
  const data: unknown = path === null ? {} : (parseFile(path) ?? {})
  refuseProto(data, path ?? defaultFile)
  const parsed = martFileSchema(referencesFrom(path, env), prices, systemClock.now()).safeParse(data)
  if (!parsed.success) throw refusal(path ?? defaultFile, parsed.error, data)
  return frozen({ path, file: parsed.data, written: data })
}

/** It would be left out without a word: it is no name of a member to those who read objects. */
function refuseProto(value: unknown, path: string, within = ''): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, part] of Object.entries(value)) {
    const at = within === '' ? name : `${within}.${name}`
    if (name === '__proto__') throw new ConfigError(`${path}: ${at}: is no name; allowed: any other`)
    refuseProto(part, path, at)
  }
}

const referencesFrom = (path: string | null, env: Environment): References => ({
  env: (name) => env[name] ?? null,
  file(named) {
    try {
      return readFileSync(resolve(path === null ? '.' : dirname(path), named), 'utf8')
    } catch {
      return null // The field says which file it is that cannot be read.
    }
  },
})

function parseFile(path: string): unknown {
  const text = readText(path)
  // Merge keys (`<<: *name`) are of YAML 1.1, and in use everywhere.
  const document = parseDocument(text, { prettyErrors: true, merge: true })
  const wrong = document.errors[0] ?? document.warnings[0]
  if (wrong) throw new ConfigError(`${path}: ${syntaxError(wrong)}; allowed: ${remedyFor(wrong, text)}`)
  try {
    return document.toJS()
  } catch {
    // What the parser says then is a name from the file, which may be anything.
    throw new ConfigError(`${path}: an alias (*name) leads nowhere, or too far; allowed: YAML 1.2`)
  }
}

/** For the slips that the parser's words do not name. */
function remedyFor({ code, linePos }: YAMLError, text: string): string {
  const line = linePos && text.split('\n')[linePos[0].line - 1]
  if (code === 'MULTIPLE_DOCS') return 'one document: no second line of ---'
  return line?.includes('${') ? "YAML 1.2, which wants quotes around '${NAME}' within { and }" : 'YAML 1.2'
}

function readText(path: string): string {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new ConfigError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`)
  }
  if (!isUtf8(bytes) || bytes.includes(0)) throw new ConfigError(`${path}: is not text in UTF-8; save it as UTF-8`)
  return new TextDecoder().decode(bytes)
}

/** The parser's message goes on with an excerpt of the file, which may hold a secret. */
function syntaxError({ linePos, message }: YAMLError): string {
  const said = message.split('\n')[0]!.replace(/(; please use YAML\.\w+\(\))?( at line \d+, column \d+:?)?$/, '')
  return linePos ? `line ${linePos[0].line}, column ${linePos[0].col}: ${said}` : said
}

/** Freezes a value and all that it holds. */
export function frozen<T extends object>(value: T): Readonly<T> {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) frozen(part as object)
  return Object.freeze(value)
}

/** Whether two files come to the same, secrets included. */
export function isSameConfig(a: unknown, b: unknown): boolean {
  if (a instanceof Secret) return b instanceof Secret && a.equals(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  const names = Object.keys(a)
  return (
    Array.isArray(a) === Array.isArray(b) &&
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSameConfig(a[name as never], b[name as never]))
  )
}
