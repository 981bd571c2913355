/** What was made before goes to the account that made it, and to no other: two accounts of one model, beside each other. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import OpenAI from 'openai'
import * as ways from './request-support.ts'
import * as up from './upstream-support.ts'

setDefaultTimeout(ways.startMsMax)

const accounts: readonly up.Wanted[] = ['one', 'two'].map((account) => ({ pose: 'openai', account }))
let fleet: up.Fleet
let client: OpenAI
beforeAll(async () => {
  fleet = await up.startFleet(accounts)
  client = new OpenAI({ baseURL: `${fleet.server.baseUrl}/v1/`, apiKey: fleet.customer.key, maxRetries: 0 })
})
afterAll(() => fleet?.server.stop())

const model = up.openaiModel
const other = (account: string): up.At => ({ pose: 'openai', account: account === 'one' ? 'two' : 'one' })
type Answer = { readonly id: string; readonly request_id?: string | null }

/** The account that answered last. */
async function makerOf(requestId: string): Promise<string> {
  const receipt = await ways.settledOf(fleet.server, fleet.customer, requestId)
  return receipt.upstream
}

/** Answers of the given account: asked until it was its turn. */
async function madeAt<T extends Answer>(account: string, create: () => Promise<T>): Promise<T> {
  await up.break_(fleet.server, other(account), { status: 500 })
  const made = await create()
  await up.mend(fleet.server, other(account))
  await ways.operate(fleet.server, 'POST', `/deployments/${other(account).account}/resume`, {})
  return made
}

test('what goes on from a response is asked of its account, however busy the other is, and fails with it', async () => {
  for (const { account } of accounts) {
    const first = await madeAt(account, async () => {
      const { data, request_id: requestId } = await client.responses
        .create({ model, input: 'My name is Ada.' })
        .withResponse()
      expect(await makerOf(requestId!)).toBe(account)
      return data
    })
    for (let times = 0; times < 4; times += 1) {
      const { request_id: requestId } = await client.responses
        .create({ model, input: 'Go on.', previous_response_id: first.id })
        .withResponse()
      expect(await makerOf(requestId!)).toBe(account)
      expect((await client.responses.retrieve(first.id)).id).toBe(first.id)
    }
    await up.break_(fleet.server, { pose: 'openai', account }, { status: 500 })
    const failed = await client.responses
      .create({ model, input: 'Go on.', previous_response_id: first.id })
      .then(() => null)
      .catch((error: unknown) => error)
    expect(failed).toMatchObject({ status: 503 })
    await up.mend(fleet.server, { pose: 'openai', account })
    await ways.operate(fleet.server, 'POST', `/deployments/${account}/resume`, {})
  }
})

test('what two accounts made cannot be put together, and is refused by its field', async () => {
  const one = await madeAt('one', () => client.responses.create({ model, input: 'x' }))
  const two = await madeAt('two', () => client.responses.create({ model, input: 'x' }))
  const input: OpenAI.Responses.ResponseInput = [{ type: 'item_reference', id: two.output.at(-1)!.id! }]
  const refused: unknown = await client.responses
    .create({ model, input, previous_response_id: one.id })
    .catch((error: unknown) => error)
  expect(refused).toMatchObject({ status: 400, param: 'input[0].id' })
})

test('encrypted reasoning goes to its maker, and where nobody knows that and several may be, nowhere', async () => {
  const asked = {
    model,
    store: false,
    include: ['reasoning.encrypted_content' as const],
    reasoning: { effort: 'high' as const },
  }
  const made = await madeAt('two', () => client.responses.create({ ...asked, input: 'Think hard.' }))
  const reasoning = made.output.find((item) => item.type === 'reasoning')!
  for (let times = 0; times < 4; times += 1) {
    // Clients leave out the ids of what is not stored.
    const { id: _, ...withoutId } = reasoning
    const input = [withoutId, { role: 'user', content: 'x' }] as OpenAI.Responses.ResponseInput
    const { request_id: requestId } = await client.responses.create({ ...asked, input }).withResponse()
    expect(await makerOf(requestId!)).toBe('two')
  }
  const foreign = { ...reasoning, encrypted_content: 'gAAAA-of-somebody-else' }
  const input = [foreign, { role: 'user', content: 'x' }] as OpenAI.Responses.ResponseInput
  const refused: unknown = await client.responses.create({ ...asked, input }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ status: 400, param: 'input[0].encrypted_content' })
})
