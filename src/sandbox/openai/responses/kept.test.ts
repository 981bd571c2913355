/** What is kept of responses and goes on from them, and what is made in the background, by OpenAI's own SDK. */
import { describe, expect, test } from 'bun:test'
import type {
  ResponseCreateParamsNonStreaming,
  ResponseInput,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses'
import { failure, openai, requestsCounted, servedAs, useOpenai } from '../openai-support.ts'

useOpenai()

type Body = Omit<ResponseCreateParamsNonStreaming, 'stream'>
type Headers = Record<string, string>
const say = (input: Body['input'], more: Body = {}): Body => ({ model: 'gpt-5.4', input: input!, ...more })
const create = (body: Body, headers: Headers = {}) => openai.responses.create(body, { headers })
const user = (content: string) => ({ role: 'user' as const, content })

describe('what goes on', () => {
  test('reads all that was said before it, but for instructions, and says so in its usage', async () => {
    const first = await create(say('My dog is called Rex.', { instructions: 'Answer in ten words.' }))
    const second = await create(say('And my cat Tom.', { previous_response_id: first.id }))
    const third = await create(say('Who are they?', { previous_response_id: second.id }))
    const whole: ResponseInput = [user('My dog is called Rex.'), { role: 'assistant', content: first.output_text }]
    whole.push(user('And my cat Tom.'), { role: 'assistant', content: second.output_text })
    const said = await create(say([...whole, user('Who are they?')]))
    expect(third.usage!.input_tokens).toBe(said.usage!.input_tokens)
    expect(third.previous_response_id).toBe(second.id)
  })

  test('is refused where what it goes on from was not kept, or was deleted', async () => {
    const unknown = { status: 400, code: 'previous_response_not_found', param: 'previous_response_id' }
    const lost = await create(say('x', { store: false }))
    expect(await failure(create(say('y', { previous_response_id: lost.id })))).toMatchObject(unknown)
    const first = await create(say('x'))
    const second = await create(say('y', { previous_response_id: first.id }))
    await openai.responses.delete(first.id)
    expect(await failure(create(say('z', { previous_response_id: second.id })))).toMatchObject(unknown)
  })

  test('has to be over: what is still being made cannot be gone on from, and what failed or was cancelled said nothing', async () => {
    const headers = { 'x-sandbox': 'job=stuck' }
    const { id } = await create(say('One word.', { background: true }), headers)
    const next = say('And?', { previous_response_id: id })
    expect(await failure(create(next))).toMatchObject({ status: 400, param: 'previous_response_id' })
    await openai.responses.cancel(id)
    const failed = await create(say('One word.'), { 'x-sandbox': 'ends=failed' })
    const asked = (await create(say([user('One word.'), user('And?')]))).usage!.input_tokens
    for (const previous_response_id of [id, failed.id])
      expect((await create({ ...next, previous_response_id })).usage!.input_tokens).toBe(asked)
  })

  test('may refer to items of what was kept', async () => {
    const { output } = await create(say('Remember the number 42.'))
    const ref = (id: string) => ({ type: 'item_reference' as const, id })
    expect((await create(say([ref(output.at(-1)!.id!), user('Which number?')]))).status).toBe('completed')
    expect((await create(say([{ id: output[0]!.id! }, ref(output[1]!.id!), user('?')]))).status).toBe('completed')
    const none = await failure(create(say([ref('msg_none'), user('?')])))
    expect(none).toMatchObject({ status: 404, param: 'input', message: expect.stringContaining('not persisted') })
  })

  test('takes sealed thoughts of its own account, and no others', async () => {
    const sealing: Body = { store: false, include: ['reasoning.encrypted_content'] }
    const { output } = await create(say('Think.', sealing))
    expect(JSON.stringify(output[0])).toContain('"encrypted_content":"gAAAAA')
    expect((await create(say([user('Think.'), ...(output as never[]), user('More.')], sealing))).status).toBe(
      'completed',
    )
    const broken = { ...output[0]!, encrypted_content: 'gAAAAABnothing' }
    expect(await failure(create(say([broken as never, user('More.')])))).toMatchObject({
      status: 400,
      code: 'invalid_encrypted_content',
      message: expect.stringContaining('could not be decrypted or parsed'),
    })
  })
})

describe('what is kept', () => {
  test('can be asked for again as it was, listed item by item, and deleted', async () => {
    const made = await create(say([user('one'), { role: 'developer', content: 'two' }, user('three')]))
    const { output_text: _, ...shown } = made
    expect(await openai.responses.retrieve(made.id)).toMatchObject(shown)
    const listed = await Array.fromAsync(openai.responses.inputItems.list(made.id, { limit: 2, order: 'asc' }))
    expect(listed).toMatchObject([
      {
        type: 'message',
        role: 'user',
        content: [{ type: 'input_text', text: 'one' }],
        id: expect.stringMatching(/^msg_/),
      },
      { role: 'developer' },
      { content: [{ text: 'three' }] },
    ])
    const newest = await openai.responses.inputItems.list(made.id, { limit: 1 })
    expect([newest.data[0], newest.has_more]).toEqual([listed[2]!, true])
    await openai.responses.delete(made.id)
    expect(await failure(openai.responses.retrieve(made.id))).toMatchObject({
      status: 404,
      message: `404 Response with id '${made.id}' not found.`,
    })
    expect(await failure(openai.responses.retrieve('nonsense'))).toMatchObject({ status: 400, param: 'response_id' })
  })

  test('is what was made to its end: a stream that was cut leaves nothing', async () => {
    const idOf = async (wish: string) => {
      const stream = await openai.responses.create(
        { model: 'gpt-5.4', input: 'x', stream: true },
        { headers: { 'x-sandbox': wish } },
      )
      const [created] = await Array.fromAsync(stream)
      return created?.type === 'response.created' ? created.response.id : ''
    }
    expect((await openai.responses.retrieve(await idOf(''))).status).toBe('completed')
    expect(await failure(openai.responses.retrieve(await idOf('truncate_after=5')))).toMatchObject({ status: 404 })
  })

  test('is the newest of a bounded number', async () => {
    const { createShelf } = await import('../../shelf.ts')
    const shelf = createShelf<number>(3, 100)
    for (let at = 0; at < 5; at += 1) shelf.put('a', `id${at}`, at, 10)
    expect(shelf.list('a')).toEqual([2, 3, 4])
    shelf.put('b', 'large', 9, 90)
    expect([shelf.list('a'), shelf.list('b'), shelf.get('b', 'id4')]).toEqual([[4], [9], undefined])
  })
})

test('input tokens are counted as they are charged, and cost nothing', async () => {
  const first = await create(say('My dog is called Rex.'))
  const tools = [{ type: 'function' as const, name: 'f', parameters: {}, strict: false }]
  const body = { input: 'Who is Rex?', instructions: 'Be brief.', previous_response_id: first.id, tools }
  const before = await requestsCounted()
  const counted = await openai.responses.inputTokens.count({ model: 'gpt-5.4', ...body })
  expect(counted.object).toBe('response.input_tokens')
  expect(await requestsCounted()).toBe(before)
  expect((await create({ model: 'gpt-5.4', ...body })).usage!.input_tokens).toBe(counted.input_tokens)
})

test('a compaction keeps what the user said, seals the rest, is charged, and can be gone on from', async () => {
  const first = await create(say('My dog is called Rex.'))
  const options = { headers: { 'x-client-request-id': 'compact' } }
  const compacted = await openai.responses.compact({ model: 'gpt-5.4', previous_response_id: first.id }, options)
  expect(compacted).toMatchObject({
    object: 'response.compaction',
    output: [{ type: 'message', role: 'user' }, { type: 'compaction' }],
  })
  const { input_tokens: input, output_tokens: output } = compacted.usage
  expect(await servedAs('compact')).toMatchObject([{ endpoint: 'responses/compact', usage: { input, output } }])
  expect((await create(say([...(compacted.output as never[]), user('Who?')]))).status).toBe('completed')
})

describe('in the background', () => {
  const started = (more: Body = {}, headers: Headers = {}) =>
    create(say('Tell me about London.', { background: true, ...more }), { 'x-sandbox': 'job_ms=60', ...headers })
  /** Asks until it is over, as a client does. */
  async function ended(id: string) {
    for (;;) {
      const response = await openai.responses.retrieve(id)
      if (response.status !== 'queued' && response.status !== 'in_progress') return response
      await Bun.sleep(5)
    }
  }

  test('a response is queued, then in progress, then completed, and counted then, under the call that asked for it', async () => {
    const queued = await started({}, { 'x-client-request-id': 'job' })
    expect(queued).toMatchObject({ status: 'queued', background: true, output: [], usage: null, completed_at: null })
    expect(await servedAs('job')).toEqual([])
    const done = await ended(queued.id)
    expect(done).toMatchObject({ status: 'completed', output_text: expect.stringContaining('London') })
    expect(await servedAs('job')).toMatchObject([
      { endpoint: 'responses', complete: true, usage: { input: done.usage!.input_tokens } },
    ])
  })

  test('it ends as it is told to, failed, never, or forgotten', async () => {
    const how = async (job: string) => (await started({}, { 'x-sandbox': `job=${job} job_ms=10` })).id
    const failed = await ended(await how('failed'))
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'server_error' }, usage: null, output: [] })
    const lost = await how('lost')
    expect(await failure(ended(lost))).toMatchObject({ status: 404 })
    const stuck = await how('stuck')
    expect((await openai.responses.cancel(stuck)).status).toBe('cancelled')
  })

  test('cancelled it says so ever after and is paid by nobody; what was made at once cannot be cancelled', async () => {
    const { id } = await started({}, { 'x-sandbox': 'job=stuck', 'x-client-request-id': 'cancelled' })
    for (const _ of [1, 2])
      expect(await openai.responses.cancel(id)).toMatchObject({ status: 'cancelled', usage: null })
    expect(await openai.responses.retrieve(id)).toMatchObject({ status: 'cancelled', output: [] })
    expect(await servedAs('cancelled')).toMatchObject([{ complete: false, sent: { input: 0, output: 0 } }])
    const atOnce = await create(say('hi'))
    expect(await failure(openai.responses.cancel(atOnce.id))).toMatchObject({
      status: 400,
      message: '400 Cannot cancel a synchronous response.',
    })
    const done = await started({}, { 'x-sandbox': 'job_ms=1' })
    await ended(done.id)
    expect((await openai.responses.cancel(done.id)).status).toBe('completed')
  })

  test('its stream can be left and taken up again, from any event on, as often as one likes', async () => {
    const stream = await openai.responses.create(
      { ...say('Tell me about London.', { background: true }), stream: true },
      { headers: { 'x-sandbox': 'job_ms=80', 'x-client-request-id': 'followed' } },
    )
    const seen: ResponseStreamEvent[] = []
    for await (const event of stream) {
      seen.push(event)
      if (event.type === 'response.output_item.added') break
    }
    expect(seen.slice(0, 3).map(({ type }) => type)).toEqual([
      'response.created',
      'response.queued',
      'response.in_progress',
    ])
    const { id } = seen[0]?.type === 'response.created' ? seen[0].response : { id: '' }
    const from = async (starting_after: number) =>
      Array.fromAsync(await openai.responses.retrieve(id, { stream: true, starting_after }))
    const rest = await from(seen.at(-1)!.sequence_number)
    const all = [...seen, ...rest]
    expect(all.map(({ sequence_number }) => sequence_number)).toEqual(all.map((_, at) => at))
    expect(all.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed', id } })
    expect(await from(2)).toEqual(all.slice(3))
    expect(await servedAs('followed')).toMatchObject([{ complete: true }])
    const helper = await openai.responses.stream({ response_id: id }).finalResponse()
    expect(helper.output_text).toContain('London')
  })

  test('a stream that is cancelled ends, and what was not streamed cannot be', async () => {
    const { id } = await started({}, { 'x-sandbox': 'job=stuck' })
    expect(await failure(openai.responses.retrieve(id, { stream: true }))).toMatchObject({
      status: 400,
      param: 'stream',
    })
    const stream = await openai.responses.create(
      { ...say('x', { background: true }), stream: true },
      { headers: { 'x-sandbox': 'job=stuck' } },
    )
    const types: string[] = []
    for await (const event of stream) {
      types.push(event.type)
      if (event.type === 'response.queued') await openai.responses.cancel(event.response.id)
    }
    expect(types).toEqual(['response.created', 'response.queued'])
  })

  test('it can be asked for where it is not stored, and nothing goes on from it', async () => {
    const { id } = await started({ store: false })
    expect(await ended(id)).toMatchObject({ status: 'completed', store: false })
    expect(await failure(create(say('y', { previous_response_id: id })))).toMatchObject({
      code: 'previous_response_not_found',
    })
  })

  test('it is bounded in number', async () => {
    const { createJobs } = await import('../../jobs.ts')
    const jobs = createJobs(1)
    const job = jobs.start(Infinity, () => {})!
    expect(jobs.start(1, () => {})).toBeNull()
    job.cancel()
    expect(jobs.start(1, () => {})).not.toBeNull()
  })
})
