/** Responses, conversations and stored completions by their ids, through the official OpenAI SDK: one's own, and nobody else's. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI, { BadRequestError, NotFoundError } from 'openai'
import { eventually } from '../support/eventually.ts'
import { openAccount } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'

const startMsMax = 60_000
let server: Server
let client: OpenAI
let stranger: OpenAI

beforeAll(async () => {
  server = await startServer()
  const clientOf = async (): Promise<OpenAI> => {
    const { key } = await openAccount(server, '20.00')
    return new OpenAI({ baseURL: `${server.baseUrl}/v1/`, apiKey: key, maxRetries: 0 })
  }
  client = await clientOf()
  stranger = await clientOf()
}, startMsMax)
afterAll(() => server?.stop(), startMsMax)

const model = 'gpt-5.4'
const errorOf = (call: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(call).then(
    () => 'it was answered',
    (error: unknown) => error,
  )

describe('a response', () => {
  test('is asked for again, its input listed, gone on from, and deleted', async () => {
    const first = await client.responses.create({ model, input: 'My name is Ada.' })
    expect((await client.responses.retrieve(first.id)).output_text).toBe(first.output_text)
    const items = []
    for await (const item of client.responses.inputItems.list(first.id)) items.push(item)
    expect(items).toMatchObject([{ type: 'message', role: 'user' }])
    const second = await client.responses.create({ model, input: 'Go on.', previous_response_id: first.id })
    expect(second.previous_response_id).toBe(first.id)
    expect(second.usage!.input_tokens).toBeGreaterThan(first.usage!.input_tokens)
    await client.responses.delete(first.id)
    expect(await errorOf(client.responses.retrieve(first.id))).toBeInstanceOf(NotFoundError)
  })

  test('that was streamed is known as well', async () => {
    const final = await client.responses.stream({ model, input: 'Tell a story.' }).finalResponse()
    expect((await client.responses.retrieve(final.id)).output_text).toBe(final.output_text)
  })

  test('that was not stored is not', async () => {
    const { id } = await client.responses.create({ model, input: 'x', store: false })
    expect(await errorOf(client.responses.retrieve(id))).toBeInstanceOf(NotFoundError)
  })

  test('has items that later ones name', async () => {
    const { output } = await client.responses.create({ model, input: 'x' })
    const items: OpenAI.Responses.ResponseInput = [
      { role: 'user', content: 'x' },
      { type: 'item_reference', id: output.at(-1)!.id! },
      { role: 'user', content: 'And now?' },
    ]
    expect((await client.responses.create({ model, input: items })).status).toBe('completed')
    expect(await errorOf(stranger.responses.create({ model, input: items }))).toBeInstanceOf(NotFoundError)
  })

  test('whose reasoning is encrypted goes on without being stored', async () => {
    const question = { role: 'user', content: 'Think hard.' } as const
    const asked = {
      model,
      store: false,
      include: ['reasoning.encrypted_content'],
      reasoning: { effort: 'high' },
    } as const
    const first = await client.responses.create({ ...asked, include: [...asked.include], input: [question] })
    expect(first.output.some((item) => item.type === 'reasoning' && item.encrypted_content)).toBe(true)
    const input = [question, ...first.output, question] as OpenAI.Responses.ResponseInput
    expect((await client.responses.create({ ...asked, include: [...asked.include], input })).status).toBe('completed')
  })

  test('of somebody else is as unknown as one that never was, whatever is asked of it', async () => {
    const { id } = await client.responses.create({ model, input: 'x' })
    for (const each of [id, 'resp_never', 'x'])
      for (const call of [
        stranger.responses.retrieve(each),
        stranger.responses.cancel(each),
        stranger.responses.delete(each),
        stranger.responses.inputItems.list(each),
      ])
        expect(await errorOf(call)).toMatchObject({
          status: 404,
          code: null,
          message: `404 Response with id '${each}' not found.`,
        })
    const onward = await errorOf(stranger.responses.create({ model, input: 'x', previous_response_id: id }))
    expect(onward).toBeInstanceOf(BadRequestError)
    expect(onward).toMatchObject({ code: 'previous_response_not_found', param: 'previous_response_id' })
    expect((await client.responses.retrieve(id)).id).toBe(id)
  })
})

describe('a response that is made in the background', () => {
  const receiptOf = async (requestId: string): Promise<{ ending: string; chargeNano: string; holdNano: string }> => {
    const response = await fetch(`${server.baseUrl}/v1/receipts/${requestId}`, {
      headers: { authorization: `Bearer ${client.apiKey}` },
    })
    return (await response.json()) as { ending: string; chargeNano: string; holdNano: string }
  }
  const begun = async (input: string) => {
    const asked = { model, input, background: true, max_output_tokens: 500 }
    const { data, request_id: requestId } = await client.responses.create(asked).withResponse()
    expect(['queued', 'in_progress']).toContain(data.status!)
    return { id: data.id, requestId: requestId! }
  }
  const ended = (requestId: string) =>
    eventually(
      async () => {
        const receipt = await receiptOf(requestId)
        return receipt.ending === 'reserved' ? null : receipt
      },
      startMsMax,
      () => `${requestId} stays reserved`,
    )

  test(
    'is reserved at once, and charged what it used when it has ended, whether or not anybody asks',
    async () => {
      const { id, requestId } = await begun('Say hello.')
      const reserved = await receiptOf(requestId)
      expect([reserved.ending, reserved.chargeNano, BigInt(reserved.holdNano) > 0n]).toEqual(['reserved', '0', true])
      const receipt = await ended(requestId)
      const { usage, status } = await client.responses.retrieve(id)
      expect([status, receipt.ending]).toEqual(['completed', 'completed'])
      expect(BigInt(receipt.chargeNano)).toBe(
        BigInt(usage!.input_tokens) * 2_500n + BigInt(usage!.output_tokens) * 15_000n,
      )
    },
    startMsMax,
  )

  test(
    'is cancelled, and deleted when it has ended, and not before',
    async () => {
      const { id, requestId } = await begun('Tell a story.')
      expect(await errorOf(client.responses.delete(id))).toMatchObject({ status: 400, param: 'response_id' })
      await client.responses.cancel(id)
      const receipt = await ended(requestId)
      expect(['cancelled', 'completed']).toContain(receipt.ending)
      await client.responses.delete(id)
      expect(await errorOf(client.responses.retrieve(id))).toBeInstanceOf(NotFoundError)
    },
    startMsMax,
  )

  test('is streamed to its end, and charged then', async () => {
    const asked = { model, input: 'Tell a story.', background: true, stream: true } as const
    const { data: stream, request_id: requestId } = await client.responses.create(asked).withResponse()
    const types: string[] = []
    for await (const { type } of stream) types.push(type)
    expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed'])
    expect((await ended(requestId!)).ending).toBe('completed')
  })

  test(
    'whose client leaves goes on, is streamed again from where it left, and charged once',
    async () => {
      const asked = { model, input: 'Tell a long story.', background: true, stream: true } as const
      const { data: stream, request_id: requestId } = await client.responses.create(asked).withResponse()
      let id = ''
      let after = 0
      for await (const event of stream) {
        if (event.type === 'response.created') ({ id } = event.response)
        after = event.sequence_number
        if (after >= 4) break
      }
      const rest: number[] = []
      for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: after }))
        rest.push(event.sequence_number)
      expect(rest).toEqual(rest.map((_, at) => after + 1 + at))
      expect(rest.length).toBeGreaterThan(0)
      const receipt = await ended(requestId!)
      const { usage } = await client.responses.retrieve(id)
      expect(BigInt(receipt.chargeNano)).toBe(
        BigInt(usage!.input_tokens) * 2_500n + BigInt(usage!.output_tokens) * 15_000n,
      )
    },
    startMsMax,
  )

  test('can be asked for where it is not stored', async () => {
    const { id } = await client.responses.create({ model, input: 'x', background: true, store: false })
    expect(await client.responses.retrieve(id)).toMatchObject({ id, store: false, background: true })
  })
})

describe('a conversation', () => {
  test('is begun, told of, added to, answered in, and deleted', async () => {
    const { id } = await client.conversations.create({ metadata: { topic: 'sea' } })
    expect((await client.conversations.update(id, { metadata: { topic: 'lake' } })).metadata).toEqual({ topic: 'lake' })
    const added = await client.conversations.items.create(id, { items: [{ role: 'user', content: 'My name is Ada.' }] })
    const response = await client.responses.create({ model, input: 'Go on.', conversation: id })
    expect(response.conversation?.id).toBe(id)
    const said = []
    for await (const item of client.conversations.items.list(id, { order: 'asc' }))
      said.push(item.type === 'message' && item.role)
    expect(said.filter(Boolean)).toEqual(['user', 'user', 'assistant'])
    const itemId = added.data[0]!.id!
    expect(await client.conversations.items.retrieve(itemId, { conversation_id: id })).toMatchObject({ id: itemId })
    await client.conversations.items.delete(itemId, { conversation_id: id })
    expect((await client.conversations.retrieve(id)).id).toBe(id)
    await client.conversations.delete(id)
    expect(await errorOf(client.conversations.retrieve(id))).toBeInstanceOf(NotFoundError)
  })

  test('of somebody else is unknown, and takes in nothing that lies elsewhere', async () => {
    const { id } = await client.conversations.create()
    for (const call of [
      stranger.conversations.retrieve(id),
      stranger.conversations.delete(id),
      stranger.conversations.items.list(id),
      stranger.conversations.items.create(id, { items: [{ role: 'user', content: 'x' }] }),
      stranger.responses.create({ model, input: 'x', conversation: id }),
    ])
      expect(await errorOf(call)).toMatchObject({ status: 404, message: `404 Conversation with id '${id}' not found.` })
    const content = [{ type: 'input_image', file_id: 'file-1', detail: 'auto' }] as const
    const items = [{ role: 'user', content: [...content] }] as OpenAI.Responses.ResponseInputItem[]
    for (const call of [client.conversations.create({ items }), client.conversations.items.create(id, { items })])
      expect(await errorOf(call)).toMatchObject({ status: 400, param: 'items[0].file_id' })
  })
})

describe('a stored completion', () => {
  const messages = [{ role: 'user', content: 'Say hello.' }] as const

  test('is asked for again, its messages listed, its metadata changed, and deleted', async () => {
    const { id } = await client.chat.completions.create({
      model,
      messages: [...messages],
      store: true,
      metadata: { a: '1' },
    })
    expect((await client.chat.completions.retrieve(id)).id).toBe(id)
    const said = []
    for await (const message of client.chat.completions.messages.list(id)) said.push(message.content)
    expect(said).toEqual(['Say hello.'])
    expect(await client.chat.completions.update(id, { metadata: { a: '2' } })).toMatchObject({ metadata: { a: '2' } })
    expect(await errorOf(stranger.chat.completions.retrieve(id))).toMatchObject({ status: 404 })
    const listed = async (by: OpenAI, query: OpenAI.Chat.ChatCompletionListParams): Promise<readonly string[]> =>
      (await by.chat.completions.list(query)).data.map((each) => each.id)
    expect(await listed(client, { metadata: { a: '2' }, model })).toEqual([id])
    expect(await listed(client, { metadata: { a: '1' } })).toEqual([])
    expect(await listed(stranger, {})).toEqual([])
    await client.chat.completions.delete(id)
    expect(await errorOf(client.chat.completions.retrieve(id))).toBeInstanceOf(NotFoundError)
  })

  test('that was streamed is known as well, and one that was not stored is not', async () => {
    const idOf = async (store: boolean): Promise<string> => {
      let id = ''
      for await (const chunk of await client.chat.completions.create({
        model,
        messages: [...messages],
        store,
        stream: true,
      }))
        ({ id } = chunk)
      return id
    }
    const id = await idOf(true)
    expect((await client.chat.completions.retrieve(id)).id).toBe(id)
    expect(await errorOf(client.chat.completions.retrieve(await idOf(false)))).toBeInstanceOf(NotFoundError)
  })
})
