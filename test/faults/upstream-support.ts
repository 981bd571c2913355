/**
 * What the tests of real providers share: a configuration whose providers are the sandbox posing as each
 * of them, a way to make any of their accounts fail, and what the accounts themselves have seen.
 */
import { expect } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import type { Settlement } from '../../src/store/store.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as ways from './request-support.ts'

export type Pose = 'openai' | 'azure' | 'ai-studio' | 'vertex'
/** A provider's account: one credential at one pose. */
export type At = { readonly pose: Pose; readonly account: string }

export const openaiModel = 'gpt-5.4-mini'
export const geminiModel = 'gemini-3.5-flash'
export const chat = ways.withModel(ways.chat, openaiModel)
export const chatStream = ways.withModel(ways.chatStream, openaiModel)
export const generate = ways.withModel(ways.generate, geminiModel)
export const generateStream = ways.withModel(ways.generateStream, geminiModel)
export const generateArray = ways.withModel(ways.generateArray, geminiModel)

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const base = '${MART_SANDBOX_URL}/as'

/** The text of a service account's key file, as Google writes it. */
export const serviceAccount = (account: string): string =>
  JSON.stringify({
    type: 'service_account',
    project_id: account,
    private_key_id: 'key-1',
    private_key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: `sa-${account}@${account}.iam.gserviceaccount.com`,
  })

const provider: Readonly<Record<Pose, (account: string, location?: string) => object>> = {
  openai: (account) => ({
    kind: 'openai',
    baseUrl: `${base}/openai/${account}/v1`,
    apiKey: `\${KEY_${account.toUpperCase()}}`,
    organization: `org-${account}`,
    project: `proj_${account}`,
  }),
  azure: (account) => ({
    kind: 'azure-openai',
    endpoint: `${base}/azure/${account}`,
    apiKey: `\${KEY_${account.toUpperCase()}}`,
  }),
  'ai-studio': (account) => ({
    kind: 'google-ai-studio',
    baseUrl: `${base}/ai-studio/${account}`,
    apiKey: `\${KEY_${account.toUpperCase()}}`,
  }),
  vertex: (account, location = 'global') => ({
    kind: 'vertex-ai',
    project: account,
    location,
    baseUrl: `${base}/vertex/${account}`,
    tokenUrl: `${base}/vertex/${account}/token`,
    serviceAccount: `\${SA_${account.toUpperCase()}}`,
  }),
}

/** One deployment of the pose's usual model at an account of its own. */
export type Wanted = At & {
  readonly region?: string
  readonly location?: string
  readonly upstreamModel?: string
  /** Further members of the deployment in the configuration. */
  readonly more?: object
  /** Further members of the provider. */
  readonly provider?: object
}

export const modelOf = (pose: Pose): string => (pose === 'openai' || pose === 'azure' ? openaiModel : geminiModel)

/** `mart.yaml` (JSON is YAML) for these deployments; each is called after its account. */
export const configOf = (wanted: readonly Wanted[], more: object = {}): string =>
  JSON.stringify({
    providers: Object.fromEntries(
      wanted.map(({ pose, account, location, provider: ways }) => [
        account,
        { ...provider[pose](account, location), ...ways },
      ]),
    ),
    deployments: wanted.map(({ pose, account, region = 'us', upstreamModel, more: terms }) => ({
      name: account,
      model: modelOf(pose),
      provider: account,
      region,
      ...(upstreamModel !== undefined && { upstreamModel }),
      ...terms,
    })),
    failover: { jitterMs: 5 },
    ...more,
  })

/** The credentials of these accounts, as the environment has them. */
export const credentialsOf = (wanted: readonly Wanted[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    wanted.flatMap(({ account }) => [
      [`KEY_${account.toUpperCase()}`, `key-${account}`],
      [`SA_${account.toUpperCase()}`, serviceAccount(account)],
    ]),
  )

/** A gateway in front of these deployments, and an account of a customer. */
export async function startFleet(wanted: readonly Wanted[], more: object = {}): Promise<Fleet> {
  const { env } = ways.configured(configOf(wanted, more))
  const server = await startServer({ env: { ...env, ...credentialsOf(wanted) } })
  for (const { pose, account } of wanted) if (pose === 'vertex') await registerKey(server, account)
  return { server, configPath: env.MART_CONFIG, customer: await ways.openPurse(server, '100', { concurrency: null }) }
}
export type Fleet = { readonly server: Server; readonly configPath: string; readonly customer: Account }

async function registerKey(server: Server, account: string): Promise<void> {
  const body: string | Buffer = keys.publicKey.export({ type: 'spki', format: 'pem' })
  await sandbox(server, 'PUT', `/sandbox/accounts/vertex/${account}/public-key`, body)
}

async function sandbox<T>(server: Server, method: string, path: string, body?: string): Promise<T> {
  const response = await fetch(`${server.sandboxUrl}${path}`, { method, ...(body !== undefined && { body }) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return (text === '' ? {} : JSON.parse(text)) as T
}

/** Makes an account misbehave in every call, until it is mended. */
export const break_ = (server: Server, { pose, account }: At, how: object): Promise<unknown> =>
  sandbox(server, 'PUT', `/sandbox/accounts/${pose}/${account}`, JSON.stringify(how))
export const mend = (server: Server, { pose, account }: At): Promise<unknown> =>
  sandbox(server, 'DELETE', `/sandbox/accounts/${pose}/${account}`)

/** A call as the sandbox counted it. */
export type Seen = ways.Served & {
  readonly pose: string | null
  readonly account: string | null
  readonly region: string | null
  readonly upstreamModel: string | null
  /** The member `store` of the body as sent, and the names of all headers that arrived. */
  readonly store?: unknown
  readonly clientHeaders: readonly string[]
  /** Both once more, beside the usage of what was handed over. */
  readonly sent: { readonly store?: unknown; readonly clientHeaders: readonly string[] }
}
export const seenAll = async (server: Server): Promise<readonly Seen[]> =>
  (await ways.servedSince(server, 0)) as readonly Seen[]
export const seenOf = async (server: Server, requestId: string): Promise<readonly Seen[]> =>
  (await seenAll(server)).filter(({ clientRequestId }) => clientRequestId === requestId)

/** Asks once and takes the whole answer. */
export const asked = (
  { server, customer }: Fleet,
  way: ways.Way,
  options: Parameters<typeof ways.ask>[3] = {},
): Promise<ways.Taken> =>
  ways.taken(ways.ask(server, customer.key, way, { outputTokens: 60, ...options, ...ways.within(20_000) }))

/** Served once, by this account alone, charged what it counted, with every attempt on the receipt. */
export async function expectServedBy(fleet: Fleet, got: ways.Taken, attempts: readonly string[]): Promise<Settlement> {
  expect({ status: got.status, broke: got.broke, text: got.status === 200 ? '' : got.text }).toEqual({
    status: 200,
    broke: false,
    text: '',
  })
  const receipt = await ways.settledOf(fleet.server, fleet.customer, got.requestId)
  expect(receipt.attempts.map(({ deployment }) => deployment)).toEqual([...attempts])
  expect(receipt).toMatchObject({ ending: 'completed', upstream: attempts.at(-1)! })
  const seen = await seenOf(fleet.server, got.requestId)
  expect(seen.map(({ account }) => account)).toEqual([attempts.at(-1)!])
  expect(BigInt(receipt.chargeNano)).toBe(ways.costNano(seen[0]!.model, seen[0]!.usage))
  return receipt
}

/** What the sandbox knows of an account: how it misbehaves, and what it refused, by status. */
export const accountOf = (
  server: Server,
  { pose, account }: At,
): Promise<{ readonly served: number; readonly refused: Readonly<Record<string, number>> }> =>
  sandbox(server, 'GET', `/sandbox/accounts/${pose}/${account}`)
