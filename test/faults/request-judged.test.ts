/**
 * Numbers that only the upstream can judge, such as `max_tokens: 0`: they reach it as they were written, held for
 * whatever it makes of them, and what it says of them reaches the client. Without the credit for that, we say it.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import OpenAI, { BadRequestError } from 'openai'
import { startServer, type Server } from '../support/start-server.ts'
import * as ways from './request-support.ts'
import * as up from './upstream-ends-support.ts'

setDefaultTimeout(ways.startMsMax)

let pair: up.Pair
let sandboxed: Server
beforeAll(async () => {
  pair = await up.startPair()
  sandboxed = await startServer()
}, ways.startMsMax)
afterAll(() => Promise.all([pair?.stop(), sandboxed?.stop()]))

const openaiNumbers: readonly [field: string, value: number][] = [
  ['max_tokens', 0],
  ['max_tokens', -1],
  ['max_tokens', 999_999_999],
  ['max_completion_tokens', 0],
  ['max_completion_tokens', -5],
  ['n', 0],
  ['n', -1],
  ['n', 129],
]
const googleNumbers: readonly [field: string, value: number | string][] = [
  ['maxOutputTokens', 0],
  ['maxOutputTokens', -1],
  ['maxOutputTokens', 999_999_999],
  ['maxOutputTokens', '7'],
  ['candidateCount', 0],
  ['candidateCount', 9],
]
const cases = [
  ...openaiNumbers.flatMap(([field, value]) =>
    [up.chat, up.chatStream].map((way) => ({ way, field, value, fields: { [field]: value } })),
  ),
  ...googleNumbers.flatMap(([field, value]) =>
    [up.generate, up.generateStream].map((way) => ({
      way,
      field,
      value,
      fields: { generationConfig: { [field]: value } },
    })),
  ),
]

describe('with credit for all that the model can say', () => {
  for (const { way, field, value, fields } of cases)
    test(`${way.name}: ${field} ${JSON.stringify(value)} reaches the upstream as it was written`, async () => {
      let sent = ''
      pair.first.answer = (socket, request) => {
        sent = request
        up.serve(way)(socket, request)
      }
      const { got, receipt } = await up.asked(pair, way, { fields })
      expect(got.status).toBe(200)
      expect(sent).toContain(`"${field}":${JSON.stringify(value)}`)
      expect(got.headers.get('x-mart-output-limit')).toBeNull()
      expect(receipt).toMatchObject({ ending: 'completed' })
      expect(up.triedOf(receipt)).toEqual(['first'])
    })
})

describe('with less', () => {
  for (const { way, field, value, fields } of cases)
    test(`${way.name}: ${field} ${JSON.stringify(value)} is a 400 of ours that names it, never a limit of ours`, async () => {
      const account = await ways.openPurse(pair.server, '0.001')
      let asked = 0
      pair.first.answer = pair.second.answer = () => void (asked += 1)
      const got = await ways.taken(ways.ask(pair.server, account.key, way, { fields }))
      const error = ways.envelopeOf(got, way.dialect)
      expect([got.status, asked]).toEqual([400, 0])
      if (way.dialect === 'openai') {
        const isSmall = Number(value) < 1
        expect(error).toMatchObject({
          type: 'invalid_request_error',
          param: field,
          code: isSmall ? 'integer_below_min_value' : 'integer_above_max_value',
        })
      } else expect(error.status).toBe('INVALID_ARGUMENT')
      const untouched = { balanceNano: 1_000_000n, heldNano: 0n, availableNano: 1_000_000n }
      expect(await ways.balanceOf(pair.server, account)).toEqual(untouched)
    })
})

test('the official SDK gets the vendor’s words for them, whoever says them', async () => {
  const rich = await ways.openPurse(sandboxed, '100')
  const poor = await ways.openPurse(sandboxed, '0.001')
  for (const { key } of [rich, poor]) {
    const client = new OpenAI({ apiKey: key, baseURL: `${sandboxed.baseUrl}/v1`, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    const error = await client.chat.completions
      .create({ model: ways.chatModel, messages, max_tokens: 0 })
      .then(() => null)
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({ status: 400, param: 'max_tokens', code: 'integer_below_min_value' })
    expect((error as Error).message).toContain(
      "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    )
  }
})
