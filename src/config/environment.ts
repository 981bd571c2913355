/** The environment variables, checked. Values that are secrets are never part of a refusal. */
import { z } from 'zod'
import { url } from './fields.ts'
import { ConfigError, refusal } from './refusal.ts'

export type Environment = Readonly<Record<string, string | undefined>>

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
const ownVariables = Object.keys(EnvironmentData.shape).filter((variable) => variable.startsWith('MART_'))

/** Reads our variables; others are for `mart.yaml` to refer to. Throws `ConfigError`. */
export function parseEnvironment(env: Environment): ParsedEnvironment {
  const unknown = Object.keys(env).find((variable) => variable.startsWith('MART_') && !ownVariables.includes(variable))
  if (unknown) throw new ConfigError(`environment: ${unknown} is unknown; allowed: ${ownVariables.join(', ')}`)
  // A variable that is set to nothing is absent, as in `PORT= npm start`.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = EnvironmentData.safeParse(set)
  if (!parsed.success) throw refusal('environment', parsed.error, set, secretVariables)
  return parsed.data
}

/** A variable as it is in force; `value` null: it is not set, or is a secret. */
export type EnvironmentSetting = {
  readonly name: string
  readonly value: string | null
  readonly source: 'environment' | 'default'
  readonly isSecret: boolean
}

/** What only the command line reads, or is refused. */
const notForServers = ['MART_URL', 'MART_OPERATOR_TOKEN', 'DATABASE_URL', 'REDIS_URL']

/** What a server reads of an environment that `parseEnvironment` has taken. */
export function environmentInForce(env: Environment): readonly EnvironmentSetting[] {
  const parsed = parseEnvironment(env)
  const names = (Object.keys(EnvironmentData.shape) as (keyof ParsedEnvironment)[]).filter(
    (name) => !notForServers.includes(name),
  )
  return names.map((name) => {
    const isSecret = secretVariables.has(name)
    const value = parsed[name]
    return {
      name,
      value: isSecret || value === undefined ? null : String(value),
      source: (env[name] ?? '') === '' ? 'default' : 'environment',
      isSecret,
    }
  })
}

/** What is configured and not yet built must not be taken for working. Throws `ConfigError`. */
export function refuseWhatIsNotThereYet(parsed: ParsedEnvironment): void {
  if (parsed.DATABASE_URL !== undefined)
    throw new ConfigError('environment: DATABASE_URL is set, but this release keeps its data in SQLite only; unset it')
  if (parsed.REDIS_URL !== undefined)
    throw new ConfigError('environment: REDIS_URL is set, but this release keeps limits in memory only; unset it')
}
