/** Conversations and their items, and responses that belong to one, by OpenAI's own SDK. */
import { expect, test } from 'bun:test'
import { failure, openai, useOpenai } from '../openai-support.ts'

useOpenai()

const user = (content: string) => ({ type: 'message' as const, role: 'user' as const, content })
const textsIn = (items: readonly object[]) => items.map((item) => JSON.stringify(item).match(/"text":"([^"]*)"/)?.[1])

test('a conversation is created, with or without items, updated, and deleted', async () => {
  const empty = await openai.conversations.create()
  expect(empty).toMatchObject({ object: 'conversation', metadata: {}, created_at: expect.any(Number) })
  const { id } = await openai.conversations.create({ metadata: { topic: 'dogs' }, items: [user('one'), user('two')] })
  expect(id).toStartWith('conv_')
  expect((await openai.conversations.retrieve(id)).metadata).toEqual({ topic: 'dogs' })
  expect((await openai.conversations.update(id, { metadata: { topic: 'cats' } })).metadata).toEqual({ topic: 'cats' })
  expect(await openai.conversations.delete(id)).toEqual({ id, object: 'conversation.deleted', deleted: true })
  expect(await failure(openai.conversations.retrieve(id))).toMatchObject({
    status: 404,
    message: `404 Conversation with id '${id}' not found.`,
  })
})

test('its items are added, listed page by page, asked for and deleted, each under an id of its own', async () => {
  const { id } = await openai.conversations.create({ items: [user('one')] })
  const added = await openai.conversations.items.create(id, { items: [user('two'), user('three')] })
  expect(added).toMatchObject({ object: 'list', has_more: false, first_id: expect.stringMatching(/^msg_/) })
  const items = await Array.fromAsync(openai.conversations.items.list(id, { limit: 2, order: 'asc' }))
  expect(textsIn(items)).toEqual(['one', 'two', 'three'])
  expect(new Set(items.map((item) => item.id)).size).toBe(3)
  const of = { conversation_id: id }
  expect(textsIn([await openai.conversations.items.retrieve(items[1]!.id!, of)])).toEqual(['two'])
  expect((await openai.conversations.items.delete(items[1]!.id!, of)).id).toBe(id)
  expect(await failure(openai.conversations.items.retrieve(items[1]!.id!, of))).toMatchObject({ status: 404 })
  await openai.conversations.items.create(id, { items: [user('four')] })
  expect(textsIn((await openai.conversations.items.list(id)).data)).toEqual(['four', 'three', 'one'])
})

test('a response reads what its conversation has, and adds to it, streamed and in the background as well', async () => {
  const { id: conversation } = await openai.conversations.create({ items: [user('My dog is called Rex.')] })
  const body = { model: 'gpt-5.4', conversation }
  const plain = await openai.responses.create({ ...body, input: 'What is it called?' })
  const alone = await openai.responses.create({ model: 'gpt-5.4', input: 'What is it called?' })
  expect(plain.usage!.input_tokens).toBeGreaterThan(alone.usage!.input_tokens)
  expect(plain.conversation).toEqual({ id: conversation })
  await openai.responses.stream({ ...body, input: 'And streamed?' }).finalResponse()
  const headers = { 'x-sandbox': 'job_ms=1' }
  const { id } = await openai.responses.create({ ...body, input: 'And later?', background: true }, { headers })
  while ((await openai.responses.retrieve(id)).status !== 'completed') await Bun.sleep(2)
  const items = await Array.fromAsync(openai.conversations.items.list(conversation, { order: 'asc' }))
  const turn = (said: string) => [said, 'reasoning', 'assistant']
  const roleOf = (item: (typeof items)[number]) =>
    item.type !== 'message' ? item.type : item.role === 'user' ? textsIn([item])[0]! : item.role
  expect(items.map(roleOf)).toEqual([
    'My dog is called Rex.',
    ...turn('What is it called?'),
    ...turn('And streamed?'),
    ...turn('And later?'),
  ])
  expect((await openai.responses.create({ ...body, conversation: { id: conversation }, input: 'x' })).status).toBe(
    'completed',
  )
  const unknown = { model: 'gpt-5.4', input: 'x', conversation: 'conv_1' }
  expect(await failure(openai.responses.create(unknown))).toMatchObject({ status: 404, param: null })
})

test('what a conversation does not take is refused in the vendor’s words', async () => {
  const many = Array.from({ length: 21 }, () => user('x'))
  expect(await failure(openai.conversations.create({ items: many }))).toMatchObject({
    status: 400,
    param: 'items',
    code: 'array_above_max_length',
  })
  expect(await failure(openai.conversations.create({ made_up: 1 } as never))).toMatchObject({
    code: 'unknown_parameter',
  })
  const { id } = await openai.conversations.create()
  expect(await failure(openai.conversations.items.create(id, { items: [{ type: 'x' } as never] }))).toMatchObject({
    status: 400,
    param: 'items[0].type',
  })
  const reference = { type: 'item_reference' as const, id: 'msg_none' }
  expect(await failure(openai.conversations.items.create(id, { items: [reference] }))).toMatchObject({ status: 404 })
  expect(await failure(openai.conversations.items.list(id, { limit: 101 }))).toMatchObject({
    status: 400,
    param: 'limit',
  })
})
