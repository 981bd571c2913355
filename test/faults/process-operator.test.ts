/** What an operator was given or told holds after a kill: tokens that last, every secret of a key, and what was revoked. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mart, openAccount } from '../support/mart.ts'
import { plainEnvironment, run } from '../support/program.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { balanceOf, keyHeader, startMsMax } from './request-support.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
}, startMsMax)
afterAll(() => server?.stop())

/** `mart` as a portal runs it: it reads no file of the server's. */
const fromElsewhere = (token: string, words: readonly string[]) =>
  run(process.execPath, ['src/cli.ts', ...words, '--json'], {
    env: { ...plainEnvironment(), MART_URL: server.baseUrl, MART_OPERATOR_TOKEN: token },
    msMax: 20_000,
  })
const statusOf = async (key: string): Promise<number> =>
  (await fetch(`${server.baseUrl}/v1/models`, { headers: keyHeader('openai', key) })).status

test('operator tokens, secrets within their grace and revocations survive kill -9, and so does what was ended', async () => {
  const account = await openAccount(server, '5.00')
  const secrets = [account.key]
  for (const grace of ['24h', '1h'])
    secrets.push((await mart<{ key: string }>(server, ['key', 'rotate', account.keyId, '--grace', grace])).key)
  const [kept, ended] = [
    await mart<{ id: string; token: string }>(server, ['token', 'create', '--name', 'portal', '--scope', 'read']),
    await mart<{ id: string; token: string }>(server, ['token', 'create', '--name', 'old']),
  ]
  await mart(server, ['token', 'revoke', ended.id])
  await mart(server, ['credit', 'revoke', '--org', account.organizationId, '--usd', '2.00'])
  await server.kill('SIGKILL')
  await server.restart()
  expect(await Promise.all(secrets.map(statusOf))).toEqual([200, 200, 200])
  expect((await balanceOf(server, account)).availableNano).toBe(3_000_000_000n)
  expect((await fromElsewhere(kept.token, ['org', 'list'])).code).toBe(0)
  expect(await fromElsewhere(kept.token, ['org', 'create', 'x'])).toMatchObject({ code: 1, stdout: '' })
  expect((await fromElsewhere(ended.token, ['org', 'list'])).code).toBe(1)
  await mart(server, ['key', 'rotate', account.keyId])
  expect(await Promise.all(secrets.map(statusOf))).toEqual([401, 401, 401])
  expect(server.output()).not.toContain(kept.token)
  expect(server.output()).toContain('operator-token-refused')
}, 60_000)
