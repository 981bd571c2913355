/**
 * What is held: media and tools by what was sent, output by what credit covers, and told when it is lowered;
 * credit that other requests hold is not credit that is gone.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { startServer, type Server } from '../support/start-server.ts'
import {
  ask,
  chat,
  configured,
  expectClosedBooks,
  expectNoMoney,
  generate,
  openPurse,
  operate,
  settledOf,
  startMsMax,
  taken,
  withModel,
  type Way,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const gemini = withModel(generate, 'gemini-3.5-flash')
const gpt = withModel(chat, 'gpt-5.4')
const sixKilobytes = Buffer.alloc(6_000).toString('base64')
const withPart = (part: object): object => ({ contents: [{ role: 'user', parts: [part, { text: 'What is this?' }] }] })
const inline = (mimeType: string): object => withPart({ inlineData: { mimeType, data: sixKilobytes } })
const pdf = {
  type: 'file',
  file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${sixKilobytes}` },
}

describe('$1 of credit', () => {
  const cases: readonly [string, Way, object][] = [
    ...['audio/wav', 'audio/ogg', 'application/pdf', 'video/mp4', 'image/png'].map(
      (mimeType): [string, Way, object] => [`6 KB of ${mimeType}`, gemini, inline(mimeType)],
    ),
    ['code execution', gemini, { tools: [{ codeExecution: {} }] }],
    ['URL context', gemini, { tools: [{ url_context: {} }] }],
    ['a 6 KB PDF', gpt, { messages: [{ role: 'user', content: [pdf, { type: 'text', text: 'sum up' }] }] }],
  ]
  for (const [name, way, fields] of cases)
    test(`serves ${name} with ${way.model}`, async () => {
      const account = await openPurse(server, '1.00')
      const got = await taken(ask(server, account.key, way, { fields, outputTokens: 200 }))
      expect({ status: got.status, text: got.text }).toMatchObject({ status: 200 })
      const receipt = await settledOf(server, account, got.requestId)
      expect(receipt.flags).toEqual([])
      await expectClosedBooks(server, account, 1_000_000_000n, [receipt])
    })
})

describe('media that counts more than it seems', () => {
  /** A vendor that makes a million tokens of whatever it is sent. */
  const answer = {
    candidates: [{ content: { role: 'model', parts: [{ text: 'silence' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 1_000_000, candidatesTokenCount: 1, totalTokenCount: 1_000_001 },
  }

  test('is paid as far as credit goes, and from then on held at all that the model takes', async () => {
    const upstream = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json(answer) })
    const wary = await startServer(
      configured(`
providers: { mine: { kind: gemini-compatible, baseUrl: 'http://127.0.0.1:${upstream.port}/v1beta' } }
deployments: [{ model: gemini-3.5-flash, provider: mine, region: us }]
`),
    )
    try {
      const account = await openPurse(wary, '1.00')
      const asked = { fields: inline('audio/ogg'), outputTokens: 100 }
      const got = await taken(ask(wary, account.key, gemini, asked))
      expect(got.status).toBe(200)
      const receipt = await settledOf(wary, account, got.requestId)
      expect(receipt.flags).toContain('over-hold')
      expect(BigInt(receipt.chargeNano)).toBe(1_000_000_000n)
      expect(BigInt(receipt.chargeNano) + BigInt(receipt.writeOffNano)).toBe(BigInt(receipt.ratedNano))
      await operate(wary, 'POST', `/organizations/${account.organizationId}/grants`, { usd: '1.00' })
      expectNoMoney(await taken(ask(wary, account.key, gemini, asked)), gemini, 'INSUFFICIENT_CREDIT')
      // What is not in doubt is served as before, and so are others.
      expect((await taken(ask(wary, account.key, gemini, { outputTokens: 100 }))).status).toBe(200)
      const other = await openPurse(wary, '1.00')
      expect((await taken(ask(wary, other.key, gemini, asked))).status).toBe(200)
    } finally {
      await wary.stop()
      await upstream.stop(true)
    }
  })
})
