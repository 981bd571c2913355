/**
 * Configuration: environment and `mart.yaml`, parsed once and frozen. Whatever is unknown or wrong
 * stops the start with one line that names where it stands, its path, its value and what is allowed.
 * Values that are secrets are never part of that line. What lies in `config/` is its parts.
 */
import { join, resolve } from 'node:path'
import {
  environmentInForce,
  parseEnvironment,
  refuseWhatIsNotThereYet,
  type Environment,
  type EnvironmentSetting,
} from './config/environment.ts'
import { defaultFilePath, frozen, martFilePath, readBoth, readMartFile, type Both } from './config/load.ts'
import { keptSecret } from './lib/kept-secret.ts'
import type { PricesSchema } from './config/model-schema.ts'
import { ConfigError } from './config/refusal.ts'
import type { MartFile } from './config/resolve.ts'
import { watchMartFile, type FileWatch } from './config/watch-file.ts'

export { parseArguments } from './config/arguments.ts'
export { deadlinesFor } from './config/deadlines.ts'
export type { Environment, EnvironmentSetting } from './config/environment.ts'
export type { Both } from './config/load.ts'
export { settingsInForce, type Setting } from './config/in-force.ts'
export { listPrices, markupOf, overlaidCatalogData, overlaidPrices } from './config/overlay.ts'
export { ConfigError } from './config/refusal.ts'
export { servedRegions, type DeploymentConfig, type MartFile } from './config/resolve.ts'
export type { FileWatch } from './config/watch-file.ts'

/** What a server is started with. */
export type Config = MartFile & {
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
  /** Where the parts of `mart.yaml` come from, absolute; null: there is no such file, and these are the defaults. */
  readonly martFile: string | null
  /** What stands in that file. */
  readonly written: unknown
  readonly environment: readonly EnvironmentSetting[]
}

/** What `mart` finds its server by. */
export type ClientConfig = {
  readonly dataDir: string
  readonly server: { readonly url: string; readonly operatorToken: string } | null
}

/** Reads the environment and the configuration file; `prices` is the price book's format. Throws `ConfigError`. */
export function loadConfig(env: Environment, prices: PricesSchema): Readonly<Config> {
  const parsed = parseEnvironment(env)
  refuseWhatIsNotThereYet(parsed)
  const martFile = martFilePath(parsed.MART_CONFIG)
  const { file, written } = readBoth(martFile, env, prices)
  if (file.people.smtp !== null && parsed.PUBLIC_URL === undefined) throw new ConfigError(mailNeedsUrl)
  return frozen({
    port: parsed.PORT,
    host: parsed.HOST,
    dataDir: resolve(parsed.DATA_DIR),
    publicUrl: parsed.PUBLIC_URL ?? null,
    secret: parsed.MART_SECRET ?? null,
    sandboxUrl: parsed.MART_SANDBOX_URL ?? null,
    martFile,
    written,
    environment: environmentInForce(env),
    ...file,
  })
}

const mailNeedsUrl =
  'environment: PUBLIC_URL must say where people reach this server, because people.smtp is set: links in mails lead there, and must not lead to whatever host somebody asked by'

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

/** A configuration file that is valid. */
export type CheckedFile = {
  /** Absolute; null when there is none, and a start would use the defaults. */
  readonly path: string | null
  readonly file: MartFile
}

/** Checks a configuration file, or the one a start would use when `path` is null. Throws `ConfigError`. */
export function checkConfigFile(path: string | null, env: Environment, prices: PricesSchema): CheckedFile {
  const found = martFilePath(path ?? env['MART_CONFIG'])
  return { path: found, file: readMartFile(found, env, prices) }
}

/** What becomes of a configuration file that changed while the server runs. */
type Listener = {
  /** The file is valid and says something else. What this throws refuses it. `needRestart` names what of it waits for another start. */
  readonly onChange: (read: Both, needRestart: readonly string[]) => void
  /** One line; what runs is kept. */
  readonly onRefused: (reason: string) => void
  /** What was refused is valid again, and says what runs anyway. */
  readonly onGoodAgain: () => void
}

/**
 * Reads the configuration file again when it changes, on SIGHUP and when asked. A start that found none takes
 * over the `mart.yaml` that appears in its working folder; once there was one, the defaults never come back.
 */
export function watchConfig(config: Config, env: Environment, prices: PricesSchema, listener: Listener): FileWatch {
  let path = config.martFile
  let both: Both = { path, file: config, written: config.written }
  const read = (): MartFile => {
    both = readBoth((path ??= martFilePath(env['MART_CONFIG'])), env, prices)
    return both.file
  }
  return watchMartFile({
    path: path ?? defaultFilePath(),
    file: config,
    read,
    ...listener,
    onChange: (_file, needRestart) => listener.onChange(both, needRestart),
  })
}

/** What cookies are signed and secrets are sealed with: MART_SECRET, or this folder's own. */
export const ownSecret = ({ secret, dataDir }: Pick<Config, 'secret' | 'dataDir'>): string =>
  secret ?? keptSecret(join(dataDir, 'secret'))

/** Where a running server leaves its URL and operator token for `mart`; mode 0600. */
export const operatorFilePath = (dataDir: string): string => join(dataDir, 'operator.json')
