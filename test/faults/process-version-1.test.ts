/** A data folder of before there were test and live, under the program of today. */
import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { startServer } from '../support/start-server.ts'
import { organizations, secrets, version1Folder } from '../support/version-1.ts'
import { ledgerFaults } from './process-support.ts'
import * as ways from './request-support.ts'
import { configOf, credentialsOf, openaiModel, type Wanted } from './upstream-support.ts'

const real: Wanted = { pose: 'openai', account: 'real' }
const chat = ways.withModel(ways.chat, openaiModel)

test('a gateway that is started on it serves its simulated keys from the sandbox and its real ones for real, each from its own money', async () => {
  const { dataDir, before } = version1Folder()
  const { env } = ways.configured(configOf([real]))
  const started = await startServer({ env: { ...env, ...credentialsOf([real]), DATA_DIR: dataDir } })
  const server = { ...started, dataDir }
  try {
    const account = (organizationId: string) => ({ organizationId, keyId: '', key: '' })
    for (const [name, mode] of [
      ['sandbox', 'test'],
      ['simulated', 'test'],
      ['mixed', 'live'],
      ['real', 'live'],
      ['poor', 'live'],
      ['idle', 'live'],
    ] as const) {
      const id = organizations[name]
      const { data } = await ways.operate<{ data: { mode: string }[] }>(server, 'GET', `/organizations/${id}/keys`)
      expect([name, data.map((key) => key.mode)]).toEqual([name, [mode]])
      const other = mode === 'test' ? 'live' : 'test'
      expect((await ways.balanceOf(server, account(id), other)).balanceNano).toBe(0n)
      const usage = `/organizations/${id}/usage?from=2026-11-01&to=2027-01-01&mode=${mode}`
      const { total } = await ways.operate<{ total: { chargeNano: string } }>(server, 'GET', usage)
      const granted = grantsOf[name]
      const { balanceNano, heldNano } = await ways.balanceOf(server, account(id), mode)
      expect([balanceNano, heldNano]).toEqual([granted - BigInt(total.chargeNano), 0n])
      expect(balanceNano <= before.get(`credit:${id}`)! + before.get(`held:${id}`)!).toBe(true)
    }
    for (const [secret, isSimulated, mode] of [
      [secrets.sandbox, 'true', 'test'],
      [secrets.real, null, 'live'],
    ] as const) {
      const got = await ways.taken(ways.ask(server, secret, chat, { outputTokens: 60 }))
      expect([got.status, got.headers.get('x-mart-sandbox')]).toEqual([200, isSimulated])
      const receipt = await fetch(`${server.baseUrl}/v1/receipts/${got.requestId}`, {
        headers: { authorization: `Bearer ${secret}` },
      })
      expect(((await receipt.json()) as { mode: string }).mode).toBe(mode)
    }
    expect(await ledgerFaults(server)).toEqual([])
  } finally {
    await started.stop()
    rmSync(dataDir, { recursive: true })
  }
}, 60_000)

/** What each was given, in nano-USD. */
const grantsOf = {
  sandbox: 100_000_000_000n,
  simulated: 5_000_000_000n,
  mixed: 7_000_000_000n,
  real: 11_000_000_000n,
  poor: 2_000_000n,
  idle: 3_000_000_000n,
} as const
