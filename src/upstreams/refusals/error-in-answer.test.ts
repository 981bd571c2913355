import { describe, expect, test } from 'bun:test'
import { errorInAnswer, errorInText } from './error-in-answer.ts'

const choices = [{ index: 0, delta: { content: 'hi' } }]
const errorIn = (value: unknown, isAnswer = false, event = '') => {
  const found = errorInAnswer(value, isAnswer, event)
  return found && { status: found.status, ...(JSON.parse(new TextDecoder().decode(found.body)) as object) }
}

/** As a server writes it that leaves no member out. */
const unset = { error: { message: '', type: '', param: '', code: null } }

describe('an error inside of an answer', () => {
  test.each([
    [{ error: { message: 'overloaded', code: 503 } }, 503, 'overloaded'],
    [{ error: { message: 'slow', code: '429' } }, 429, 'slow'],
    [{ error: { message: 'slow', type: 'rate_limit_error' } }, 429, 'slow'],
    [{ error: { message: 'used up', code: 8, status: 'RESOURCE_EXHAUSTED' } }, 429, 'used up'],
    [{ error: { message: 'no money', code: 'insufficient_quota' } }, 429, 'no money'],
    [{ error: { message: 'no', code: 'moderation_blocked', type: 'image_generation_user_error' } }, 400, 'no'],
    [{ error: { message: 'no', code: 'content_policy_violation' } }, 400, 'no'],
    [{ error: 'overloaded' }, 500, 'overloaded'],
    [{ error: 'too long', code: 400 }, 400, 'too long'],
    [{ error: [{ message: 'one', code: 502 }, { message: 'two' }] }, 502, 'one'],
    [{ errors: [{ message: 'one' }] }, 500, 'one'],
    [[{ error: { message: 'in a list', code: 503 } }], 503, 'in a list'],
    [{ type: 'error', error: { type: 'overloaded_error', message: 'busy' } }, 500, 'busy'],
    [{ type: 'error', message: 'busy' }, 500, 'busy'],
    [{ object: 'error', message: 'no', type: 'BadRequestError', code: 400 }, 400, 'no'],
    [{ detail: 'Internal failure' }, 500, 'Internal failure'],
    [{ message: 'gone', code: 1302 }, 500, 'gone'],
    [{ code: 500, msg: '404 NOT_FOUND', success: false }, 500, '404 NOT_FOUND'],
    [{ choices: [], error: { message: 'no endpoint', code: 502 } }, 502, 'no endpoint'],
    [{ id: 'x', choices: null, error: { message: 'no endpoint', code: 502 } }, 502, 'no endpoint'],
  ])('is seen: %j', (value, status, message) => {
    expect(errorIn(value)).toMatchObject({ status, error: { message } })
  })

  test('in a text that stands where a record should', () => {
    expect(errorInText('{\n"error": {"code": 429, "message": "slow"}\n}\n')).toMatchObject({ status: 429 })
    for (const text of ['', '<html>', '{"error":', '{"choices":[]}']) expect(errorInText(text)).toBeNull()
  })

  test('by the name of its record alone, whatever it says', () => {
    expect(errorIn({ anything: 1 }, false, 'error')).toMatchObject({ status: 500 })
    expect(errorIn('upstream gone', false, 'error')).toMatchObject({ error: { message: 'upstream gone' } })
    expect(errorIn({ error: { message: 'busy', code: 503 } }, false, 'error')).toMatchObject({ status: 503 })
  })

  test('beside choices is seen where it has that name, and nothing else is taken for one', () => {
    expect(errorIn({ choices, error: { message: 'gone' } }, true)).toMatchObject({ error: { message: 'gone' } })
    for (const beside of [{ error: null }, { error: '' }, { error: {} }, { error: false }, { message: 'hello' }, unset])
      expect(errorIn({ choices, ...beside }, true)).toBeNull()
  })

  test.each([
    [{}],
    [{ error: null }],
    [unset],
    [{ code: 0, message: 'Success', sid: 'cha000b', usage: { prompt_tokens: 1 } }],
    [{ type: 'ping' }],
    [{ usage: { prompt_tokens: 1 } }],
    [{ id: 'x', object: 'chat.completion.chunk', choices: [] }],
    [[]],
    [null],
    ['error'],
    [7],
  ])('is not what says nothing of one: %j', (value) => {
    expect(errorIn(value)).toBeNull()
  })
})
