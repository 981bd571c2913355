/** Chat completions that are kept, by OpenAI's own SDK. */
import { expect, test } from 'bun:test'
import type OpenAI from 'openai'
import { failure, openai, useOpenai } from './openai-support.ts'

useOpenai()

const say = (content: string, metadata: Record<string, string>, model = 'gpt-5.4') => ({
  model,
  messages: [
    { role: 'developer' as const, content: 'Be brief.' },
    { role: 'user' as const, content },
  ],
  metadata,
})
const idsOf = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id)

test('only what was to be stored is, streamed as well, and comes back as it was answered', async () => {
  const made = await openai.chat.completions.create({ ...say('one', { topic: 'a' }), store: true })
  const passing = await openai.chat.completions.create(say('two', {}))
  const stream = await openai.chat.completions.create({ ...say('three', {}), store: true, stream: true })
  const [chunk] = await Array.fromAsync(stream)
  expect(await openai.chat.completions.retrieve(made.id)).toMatchObject({
    ...made,
    metadata: { topic: 'a' },
    request_id: expect.stringMatching(/^req_/),
  })
  expect((await openai.chat.completions.retrieve(chunk!.id)).choices[0]!.finish_reason).toBe('stop')
  expect(await failure(openai.chat.completions.retrieve(passing.id))).toMatchObject({ status: 404 })
})

test('they are listed by page, order, model and metadata', async () => {
  const ids: string[] = []
  for (const [at, model] of ['gpt-4o', 'gpt-4o', 'gpt-4.1'].entries())
    ids.push(
      (await openai.chat.completions.create({ ...say('x', { at: String(at), of: 'list' }, model), store: true })).id,
    )
  const metadata = { of: 'list' }
  const list = async (query: OpenAI.ChatCompletionListParams) =>
    idsOf(await Array.fromAsync(openai.chat.completions.list({ metadata, ...query })))
  expect(await list({ limit: 2 })).toEqual(ids)
  expect(await list({ order: 'desc' })).toEqual(ids.toReversed())
  expect(await list({ model: 'gpt-4.1' })).toEqual(ids.slice(2))
  expect(await list({ after: ids[0]! })).toEqual(ids.slice(1))
  expect(await list({ metadata: { at: '1', of: 'list' } })).toEqual([ids[1]!])
  const page = await openai.chat.completions.list({ metadata, limit: 2 })
  expect(page).toMatchObject({ has_more: true, body: { first_id: ids[0], last_id: ids[1] } })
})

test('their messages are listed, their metadata changed, and they are deleted', async () => {
  const { id } = await openai.chat.completions.create({ ...say('hello', {}), store: true })
  const messages = await Array.fromAsync(openai.chat.completions.messages.list(id, { limit: 1 }))
  expect(messages).toMatchObject([
    { id: `${id}-0`, role: 'developer', content: 'Be brief.' },
    { id: `${id}-1`, role: 'user', content: 'hello', content_parts: null },
  ])
  expect((await openai.chat.completions.update(id, { metadata: { seen: 'yes' } })).metadata).toEqual({ seen: 'yes' })
  expect((await openai.chat.completions.retrieve(id)).metadata).toEqual({ seen: 'yes' })
  expect(await openai.chat.completions.delete(id)).toEqual({ object: 'chat.completion.deleted', id, deleted: true })
  expect(await failure(openai.chat.completions.delete(id))).toMatchObject({ status: 404 })
})
