/** A model that thinks for a while says nothing; what stands between it and the client must not take the stream for dead. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { eventually } from '../support/eventually.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import * as ways from './request-support.ts'

const heartbeatMs = 300
const quiet = 'tokens=6 chunk_ms=900 reasoning=0'

let server: Server
let account: Account
beforeAll(async () => {
  server = await startServer(ways.configured(`{deadlines: {heartbeatMs: ${heartbeatMs}}, drain: {msMax: 1000}}`))
  account = await ways.openPurse(server, '10', { concurrency: null })
}, ways.startMsMax)
afterAll(() => server.stop())

for (const way of [ways.chatStream, ways.generateStream])
  test(`${way.name}: heartbeats stand between whole records, and take nothing from the answer`, async () => {
    const got = await ways.taken(ways.ask(server, account.key, way, { sandbox: quiet, outputTokens: 100 }))
    const heartbeat = way.dialect === 'openai' ? ': ping\n\n' : /(\r?\n){2}\n\n/
    expect(got.text).toMatch(heartbeat)
    const direct = await ways.taken(
      ways.askSandbox(server, way, { sandbox: quiet.replace('900', '1'), outputTokens: 100 }),
    )
    expect(ways.answerText(got.text, way)).toBe(ways.answerText(direct.text, way))
    await ways.settledOf(server, account, got.requestId)
  }, 30_000)

test('an array of records gets none: it has no place for them', async () => {
  const got = await ways.taken(ways.ask(server, account.key, ways.generateArray, { sandbox: quiet, outputTokens: 100 }))
  expect(ways.recordsOf(got.text, ways.generateArray).length).toBeGreaterThan(1)
}, 30_000)

test('the official SDKs read on over them', async () => {
  const prompt = `What is a river? [[sandbox: ${quiet}]]`
  const openai = new OpenAI({ apiKey: account.key, baseURL: `${server.baseUrl}/v1`, maxRetries: 0 })
  const genai = new GoogleGenAI({ apiKey: account.key, httpOptions: { baseUrl: `${server.baseUrl}/genai` } })
  const messages = [{ role: 'user' as const, content: prompt }]
  const [completion, chunks] = await Promise.all([
    openai.chat.completions.stream({ model: ways.chatModel, messages }).finalChatCompletion(),
    genai.models.generateContentStream({ model: ways.geminiModel, contents: prompt }),
  ])
  expect(completion.choices[0]!.message.content).not.toBe('')
  let said = ''
  for await (const chunk of chunks) said += chunk.text ?? ''
  expect(said).not.toBe('')
}, 30_000)

test('a client that leaves while the first piece is still waited for leaves nothing held behind', async () => {
  const leaving = await ways.openPurse(server, '10', { concurrency: null })
  await Promise.all(
    ways.streamedWays.flatMap((way) =>
      [200, 1_500].map(async (leaveAtMs) => {
        const leave = new AbortController()
        const options = { sandbox: 'stall_after=0', outputTokens: 50, signal: leave.signal }
        const asking = ways.taken(ways.ask(server, leaving.key, way, options))
        await Bun.sleep(leaveAtMs)
        leave.abort()
        expect((await asking).text).toBe('')
      }),
    ),
  )
  const released = async (): Promise<true | null> =>
    (await ways.balanceOf(server, leaving)).heldNano === 0n ? true : null
  await eventually(released, 15_000, () => 'something stays held')
  expect((await ways.balanceOf(server, leaving)).balanceNano).toBe(10_000_000_000n)
}, 30_000)
