/**
 * `kill -9` under a mix of test and live keys of the same organizations. Two sandboxes are the judges: one is the
 * gateway's sandbox, and the other is, to the gateway, a real provider. Each mode's books must be its own judge's count.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Mode, Settlement } from '../../src/store/store.ts'
import { modes } from '../../src/store/store.ts'
import type { Account } from '../support/mart.ts'
import type { Program } from '../support/program.ts'
import { startSandbox, startServer, type Server } from '../support/start-server.ts'
import * as support from './process-support.ts'
import * as ways from './request-support.ts'

const rounds = 8
const grantedNano = 200_000_000_000n

let provider: { readonly url: string; readonly program: Program }
let server: Server
/** Who counts what was served in a mode. */
let judges: Readonly<Record<Mode, Server>>
let accounts: readonly (Account & { readonly mode: Mode })[]

beforeAll(async () => {
  provider = await startSandbox()
  const deployments = [
    { provider: 'real-openai', model: ways.chatModel, region: 'us' },
    { provider: 'real-openai', model: 'text-embedding-3-small', region: 'us' },
    { provider: 'real-gemini', model: ways.geminiModel, region: 'us' },
  ]
  const { env } = ways.configured(
    JSON.stringify({
      providers: {
        'real-openai': { kind: 'openai-compatible', baseUrl: `${provider.url}/v1`, apiKey: '${KEY_REAL}' },
        'real-gemini': { kind: 'gemini-compatible', baseUrl: `${provider.url}/v1beta`, apiKey: '${KEY_REAL}' },
      },
      deployments,
    }),
  )
  server = await startServer({ env: { ...env, KEY_REAL: 'sandbox-credential' } })
  judges = { test: server, live: { ...server, sandboxUrl: provider.url } }
  accounts = (await Promise.all([openOrganization(), openOrganization()])).flat()
}, ways.startMsMax)
afterAll(() => Promise.all([server.stop(), provider.program.kill()]))

/** With credit and a key of both modes. */
async function openOrganization(): Promise<(Account & { mode: Mode })[]> {
  const { id: organizationId } = await ways.operate<{ id: string }>(server, 'POST', '/organizations', { name: 'both' })
  return Promise.all(
    modes.map(async (mode) => {
      await ways.operate(server, 'POST', `/organizations/${organizationId}/grants`, { usd: '200', mode })
      const path = `/organizations/${organizationId}/keys`
      const { id, key } = await ways.operate<{ id: string; key: string }>(server, 'POST', path, { mode })
      return { organizationId, keyId: id, key, mode }
    }),
  )
}

test('kill -9 under test and live keys at once: each mode is charged what its own upstream served, and nothing of the other', async () => {
  const rows: Settlement[] = []
  const served: Record<Mode, readonly ways.Served[]> = { test: [], live: [] }
  for (let round = 1; round <= rounds; round += 1) {
    const shots = await spendUntilKilled(round % 4 === 0)
    await server.restart()
    const newRows = support.settlements(server, rows.length)
    for (const mode of modes) {
      const own = newRows.filter((row) => row.mode === mode)
      const newServed = await support.servedOnceQuiet(judges[mode], served[mode].at(-1)?.sequence ?? 0)
      const whole = shots.filter((shot) => shot.whole && modeOf(shot.account.keyId) === mode)
      const faults = [...support.promiseFaults(whole, own), ...support.countFaults(own, newServed)]
      expect({ round, mode, faults }).toEqual({ round, mode, faults: [] })
      served[mode] = [...served[mode], ...newServed]
    }
    expect(newRows.filter(({ keyId, mode }) => modeOf(keyId) !== mode)).toEqual([])
    expect(await support.ledgerFaults(server)).toEqual([])
    rows.push(...newRows)
  }
  for (const mode of modes) {
    const own = rows.filter((row) => row.mode === mode)
    const { chargedNano, countedNano } = support.exactTotals(own, served[mode])
    expect(chargedNano).toBe(countedNano)
    expect(chargedNano).toBeGreaterThan(0n)
    expect(own.filter(({ ending }) => ending === 'in-doubt').length).toBeGreaterThan(0)
    await expectBalances(mode, own)
  }
  expect(support.leftOver(server)).toEqual({ leasedNano: 0n, parked: 0n })
}, 180_000)

const modeOf = (keyId: string): Mode => accounts.find((account) => account.keyId === keyId)!.mode

async function expectBalances(mode: Mode, rows: readonly Settlement[]): Promise<void> {
  for (const account of accounts.filter((each) => each.mode === mode)) {
    const own = rows.filter(({ organizationId }) => organizationId === account.organizationId)
    const charged = support.sum(own.map(({ chargeNano }) => chargeNano))
    const balanceNano = grantedNano - charged
    expect(await ways.balanceOf(server, account, mode)).toEqual({
      balanceNano,
      heldNano: 0n,
      availableNano: balanceNano,
    })
    const path = `/organizations/${account.organizationId}/usage?mode=${mode}`
    const usage = await ways.operate<{ total: { chargeNano: string; requests: number } }>(server, 'GET', path)
    expect(usage.total).toMatchObject({ chargeNano: charged.toString(), requests: own.length })
  }
}

/** Long enough, every fourth time, for streams to be noted in the journal. */
async function spendUntilKilled(isLong: boolean): Promise<readonly support.Shot[]> {
  const load = support.startLoad(server, accounts, 24, isLong ? longStreams : support.mixed)
  await Bun.sleep(isLong ? support.between(2_200, 3_000) : support.between(200, 600))
  const [ended] = await Promise.all([server.kill('SIGKILL'), load.stop()])
  expect(ended).toBe('SIGKILL')
  return load.shots
}

function longStreams(): ReturnType<support.Mix> {
  const asked = support.mixed()
  return asked.way.streamed ? { ...asked, sandbox: `tokens=${support.between(1, 300)} chunk_ms=25` } : asked
}
