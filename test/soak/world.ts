/** What a soak goes on in: the product, a sandbox for its test keys, a provider for its live ones, and who asks. */
import type { Mode } from '../../src/store/store.ts'
import * as ways from '../faults/request-support.ts'
import type { Account } from '../support/mart.ts'
import type { Program } from '../support/program.ts'
import { freePort, startSandbox, startServer, type Server } from '../support/start-server.ts'

export type Customer = Account & { readonly mode: Mode; readonly grantedNano: bigint }

export type World = {
  readonly server: Server
  readonly metricsUrl: string
  readonly sandbox: Program
  readonly provider: Program
  /** Where what is asked in a mode is counted. */
  readonly judges: Readonly<Record<Mode, Server>>
  /** With plenty of credit. */
  readonly customers: readonly Customer[]
  /** Whose credit runs out soon. */
  readonly poor: Customer
  readonly attacker: Customer
  readonly probe: Customer
  readonly close: () => Promise<void>
}

const plenty = '100000'

export async function openWorld(): Promise<World> {
  const [sandbox, provider, metricsPort] = [await startSandbox(), await startSandbox(), await freePort()]
  const close = [sandbox.program, provider.program].map((program) => () => program.kill())
  try {
    const server = await startServer({ env: environmentOf(sandbox.url, provider.url, metricsPort) })
    const customers = [
      await customerOf(server, 'test', plenty),
      await customerOf(server, 'live', plenty),
      await customerOf(server, 'test', plenty),
    ]
    return {
      server,
      metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
      sandbox: sandbox.program,
      provider: provider.program,
      judges: { test: { ...server, sandboxUrl: sandbox.url }, live: { ...server, sandboxUrl: provider.url } },
      customers,
      poor: await customerOf(server, 'test', '0.05'),
      attacker: await customerOf(server, 'test', plenty),
      probe: await customerOf(server, 'test', plenty),
      close: async () => void (await Promise.all([server.stop(), ...close.map((end) => end())])),
    }
  } catch (error) {
    await Promise.all(close.map((end) => end()))
    throw error
  }
}

function environmentOf(sandboxUrl: string, providerUrl: string, metricsPort: number): Record<string, string> {
  const openai = { provider: 'openai', region: 'us' }
  const { env } = ways.configured(
    JSON.stringify({
      providers: {
        openai: { kind: 'openai-compatible', baseUrl: `${providerUrl}/v1`, apiKey: '${KEY_REAL}' },
        gemini: { kind: 'gemini-compatible', baseUrl: `${providerUrl}/v1beta`, apiKey: '${KEY_REAL}' },
      },
      deployments: [
        { ...openai, model: ways.chatModel },
        { ...openai, model: 'text-embedding-3-small' },
        { provider: 'gemini', region: 'us', model: ways.geminiModel },
      ],
      metrics: { port: metricsPort },
      // Upstreams that fall silent behind a client that left are waited for as long; a soak ends sooner so.
      drain: { msMax: 3_000 },
    }),
  )
  return { ...env, KEY_REAL: 'sandbox-credential', MART_SANDBOX_URL: sandboxUrl }
}

async function customerOf(server: Server, mode: Mode, usd: string): Promise<Customer> {
  const account = await ways.openPurse(server, usd, { concurrency: null, mode })
  return { ...account, mode, grantedNano: ways.nanoOf(usd) }
}
