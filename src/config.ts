/**
 * Configuration: environment and `mart.yaml`, parsed once and frozen. Whatever is unknown or wrong
 * stops the start with one line that names where it stands, its path, its value and what is allowed.
 * Values that are secrets are never part of that line.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { YAMLParseError, parse as parseYaml } from 'yaml'
import { z } from 'zod'

export type Environment = Readonly<Record<string, string | undefined>>

/** What a server is started with. */
export type Config = {
  /** 0 takes any free port. */
  readonly port: number
  readonly host: string
  /** Absolute. */
  readonly dataDir: string
  /** Without a slash at the end; null: the address that a request came to. */
  readonly publicUrl: string | null
  /** null: made, and kept in the data folder. */
  readonly secret: string | null
  /** A sandbox that already runs; null: start one. */
  readonly sandboxUrl: string | null
  /** What a new key has when it is made without a word about it; null is no limit. */
  readonly defaults: ConfigFile['defaults']
  /** How much of the answers is read on that clients left in the middle of, to charge for what was really used. */
  readonly drain: ConfigFile['drain']
  /** How long an upstream may take. */
  readonly deadlines: ConfigFile['deadlines']
}

/** What `mart` finds its server by. */
export type ClientConfig = {
  readonly dataDir: string
  readonly server: { readonly url: string; readonly operatorToken: string } | null
}

/** A refusal to start, or to accept a file; its message is one line for people. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigError'
  }
}

/** Reads the environment and the configuration file. Throws `ConfigError`. */
export function loadConfig(env: Environment): Readonly<Config> {
  const parsed = parseEnvironment(env)
  refuseWhatIsNotThereYet(parsed)
  return frozen({
    port: parsed.PORT,
    host: parsed.HOST,
    dataDir: resolve(parsed.DATA_DIR),
    publicUrl: parsed.PUBLIC_URL ?? null,
    secret: parsed.MART_SECRET ?? null,
    sandboxUrl: parsed.MART_SANDBOX_URL ?? null,
    ...readConfigFile(configFilePath(parsed.MART_CONFIG)),
  })
}

/** Reads what the command line needs of the environment. Throws `ConfigError`. */
export function loadClientConfig(env: Environment): Readonly<ClientConfig> {
  const { DATA_DIR, MART_URL: url, MART_OPERATOR_TOKEN: operatorToken } = parseEnvironment(env)
  const dataDir = resolve(DATA_DIR)
  if (url !== undefined && operatorToken !== undefined) return frozen({ dataDir, server: { url, operatorToken } })
  // The token in the data folder belongs to that folder's server, and is sent nowhere else.
  if (url !== undefined || operatorToken !== undefined)
    throw new ConfigError('environment: MART_URL and MART_OPERATOR_TOKEN belong together; set both or neither')
  return frozen({ dataDir, server: null })
}

/** Checks a configuration file, or the one a start would use when `path` is null. Returns its absolute path, null when there is none. Throws `ConfigError`. */
export function checkConfigFile(path: string | null, env: Environment): string | null {
  const file = configFilePath(path ?? env['MART_CONFIG'])
  readConfigFile(file)
  return file
}

// ---- The environment ---------------------------------------------------------------------------

const url = z
  .url({ protocol: /^https?$/, error: 'a URL that starts with http:// or https://' })
  .refine((text) => !/[?#]/.test(text), 'a URL without ? and #')
  .transform((text) => text.replace(/\/+$/, ''))
const portAllowed = 'a whole number from 0 (any free port) to 65535'
const EnvironmentData = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, portAllowed)
    .transform(Number)
    .refine((port) => port <= 65_535, portAllowed)
    .default(8080),
  HOST: z
    .string()
    .regex(/^[\w.:%-]+$/, 'a host name or an IP address')
    .default('127.0.0.1'),
  DATA_DIR: z.string().default('./data'),
  MART_CONFIG: z.string().optional(),
  DATABASE_URL: z.string().optional(),
  REDIS_URL: z.string().optional(),
  PUBLIC_URL: url.optional(),
  MART_SECRET: z.string().min(32, 'at least 32 characters').optional(),
  MART_SANDBOX_URL: url.optional(),
  MART_URL: url.optional(),
  MART_OPERATOR_TOKEN: z.string().optional(),
})
type ParsedEnvironment = z.infer<typeof EnvironmentData>

const secretVariables: ReadonlySet<PropertyKey> = new Set(['MART_SECRET', 'MART_OPERATOR_TOKEN'])
const ownVariables = Object.keys(EnvironmentData.shape).filter((name) => name.startsWith('MART_'))

function parseEnvironment(env: Environment): ParsedEnvironment {
  const unknown = Object.keys(env).find((name) => name.startsWith('MART_') && !ownVariables.includes(name))
  if (unknown) throw new ConfigError(`environment: ${unknown} is unknown; allowed: ${ownVariables.join(', ')}`)
  // A variable that is set to nothing is absent, as in `PORT= npm start`.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = EnvironmentData.safeParse(set)
  if (!parsed.success) throw refusal('environment', parsed.error, set)
  return parsed.data
}

/** What is configured and not yet built must not be taken for working. */
function refuseWhatIsNotThereYet(parsed: ParsedEnvironment): void {
  if (parsed.DATABASE_URL !== undefined)
    throw new ConfigError('environment: DATABASE_URL is set, but this release keeps its data in SQLite only; unset it')
  if (parsed.REDIS_URL !== undefined)
    throw new ConfigError('environment: REDIS_URL is set, but this release keeps limits in memory only; unset it')
}

// ---- mart.yaml ---------------------------------------------------------------------------------

/** A mapping whose every key is known. */
const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : 'a mapping'),
  })

function whole(min: number, max: number) {
  const allowed = `a whole number from ${min} to ${max}`
  return z.int(allowed).min(min, allowed).max(max, allowed)
}

const limitMax = 1_000_000_000
const limit = whole(1, limitMax).nullable().default(null)
const region = z.enum(['us', 'eu'], 'us or eu')
const ConfigFileData = section({
  defaults: section({ region: region.default('us'), rpm: limit, tpm: limit, concurrency: limit }).prefault({}),
  /** How long an upstream may take: until it answers, between two pieces, and in all. */
  deadlines: section({
    firstByteMs: whole(100, 3_600_000).default(600_000),
    idleMs: whole(100, 3_600_000).default(300_000),
    totalMs: whole(100, 7_200_000).default(1_800_000),
  }).prefault({}),
  /** Answers that are read on after their client left, for their real usage. */
  drain: section({ concurrentMax: whole(0, 100_000).default(256), msMax: whole(0, 600_000).default(60_000) }).prefault(
    {},
  ),
})
type ConfigFile = Readonly<z.infer<typeof ConfigFileData>>

const defaultFile = 'mart.yaml'

function configFilePath(named: string | undefined): string | null {
  if (named !== undefined && named !== '') return resolve(named)
  return existsSync(defaultFile) ? resolve(defaultFile) : null
}

function readConfigFile(path: string | null): ConfigFile {
  const data: unknown = path === null ? {} : (parseFile(path) ?? {})
  const parsed = ConfigFileData.safeParse(data)
  if (!parsed.success) throw refusal(path ?? defaultFile, parsed.error, data)
  return parsed.data
}

function parseFile(path: string): unknown {
  try {
    return parseYaml(readFileSync(path, 'utf8'), { prettyErrors: true })
  } catch (error) {
    if (error instanceof YAMLParseError) throw new ConfigError(`${path}: ${syntaxError(error)}; allowed: YAML 1.2`)
    throw new ConfigError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`)
  }
}

/** The parser's message goes on with an excerpt of the file, which may hold a secret. */
function syntaxError({ linePos, message }: YAMLParseError): string {
  const said = message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')
  return linePos ? `line ${linePos[0].line}, column ${linePos[0].col}: ${said}` : said
}

// ---- The one line ------------------------------------------------------------------------------

function refusal(where: string, error: z.ZodError, data: unknown): ConfigError {
  const issue = error.issues[0]!
  if (issue.code === 'unrecognized_keys')
    return new ConfigError(
      `${where}: ${[...issue.path, issue.keys[0]].join('.')} is unknown; allowed: ${issue.message}`,
    )
  const path = issue.path.length === 0 ? 'the whole file' : issue.path.join('.')
  const value = secretVariables.has(issue.path[0]!) ? 'not shown here' : shown(valueAt(data, issue.path))
  return new ConfigError(`${where}: ${path} is ${value}; allowed: ${issue.message}`)
}

const valueAt = (data: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], data)

const shownCharsMax = 80
/** A value on one line, without the password that a URL may carry. */
function shown(value: unknown): string {
  const text = (JSON.stringify(value) ?? 'missing').replace(/\/\/[^/@\s]*@/, '//…@')
  return text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text
}

function frozen<T extends object>(value: T): Readonly<T> {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) frozen(part as object)
  return Object.freeze(value)
}

/** Where a running server leaves its URL and operator token for `mart`; mode 0600. */
export const operatorFilePath = (dataDir: string): string => join(dataDir, 'operator.json')
