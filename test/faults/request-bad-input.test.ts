/**
 * Requests that are wrong before anything is sent: each is told what is wrong in its own dialect, costs
 * nothing, reaches no upstream, and leaves the process as it was. No message repeats a key.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'
import {
  chat,
  chatModel,
  costsNothing,
  embed,
  envelopeOf,
  expectClosedBooks,
  generate,
  generateStream,
  geminiModel,
  keyHeader,
  openPurse,
  startMsMax,
  taken,
  within,
  type Envelope,
  type Taken,
  type Way,
} from './request-support.ts'

setDefaultTimeout(startMsMax)

const mebibyte = 1024 * 1024
const messages = '"messages":[{"role":"user","content":"Hi"}]'
const contents = '"contents":[{"role":"user","parts":[{"text":"Hi"}]}]'

let server: Server
let account: Account
beforeAll(async () => {
  server = await startServer()
  account = await openPurse(server, '1.00')
})
afterAll(() => server?.stop())

type Body = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>
const post = (way: Way, body: Body, path = way.path): Promise<Taken> =>
  taken(
    fetch(`${server.baseUrl}${path}`, {
      method: 'POST',
      headers: { ...keyHeader(way.dialect, account.key), 'content-type': 'application/json' },
      body,
      ...within(30_000),
    }),
  )

const forNothing = <T extends Taken | string>(asking: () => Promise<T>): Promise<T> =>
  costsNothing(server, account, asking)

async function refused(way: Way, body: Body, status = 400, path = way.path): Promise<Envelope> {
  const got = await forNothing(() => post(way, body, path))
  expect(got.status).toBe(status)
  return envelopeOf(got, way.dialect)
}

const fieldOf = (error: Envelope, way: Way): string | null | undefined =>
  way.dialect === 'openai'
    ? error.param
    : (error.details as { fieldViolations?: { field: string }[] }[] | undefined)?.find(
        (detail) => detail.fieldViolations,
      )?.fieldViolations?.[0]?.field

describe('bodies that are no request', () => {
  const bodies: readonly [string, Body][] = [
    ['nothing at all', ''],
    ['only space', ' \n '],
    ['broken JSON', '{"model": "gpt-4.1-mini", '],
    ['words', 'model=gpt-4.1-mini'],
    ['a list', '[{"model":"gpt-4.1-mini"}]'],
    ['a number', '5'],
    ['null', 'null'],
    ['a text', '"model"'],
    ['two objects', `{"model":"${chatModel}",${messages}}{}`],
    ['a deep nest', '['.repeat(200_000)],
    [
      'invalid UTF-8',
      Buffer.concat([
        Buffer.from(`{"model":"${chatModel}",${messages},"user":"`),
        Buffer.from([0xff, 0xfe, 0xc3]),
        Buffer.from('"}'),
      ]),
    ],
    ['half a character', Buffer.from(`{"model":"${chatModel}",${messages},"user":"é"}`).subarray(0, -3)],
    ['NUL bytes', '\0\0\0\0'],
  ]
  for (const way of [chat, embed, generate, generateStream])
    for (const [name, body] of bodies)
      test(`${way.name}: ${name} is a 400`, async () => {
        const error = await refused(way, body)
        if (way.dialect === 'openai') expect(error.type).toBe('invalid_request_error')
        else expect(error.status).toBe('INVALID_ARGUMENT')
      })
})

describe('fields of the wrong type', () => {
  const chatFields: readonly [field: string, values: readonly string[]][] = [
    ['model', ['null', '5', '""', '[]', '{}', 'true']],
    ['messages', ['null', '"Hi"', '{}', '[]', '[5]', '[null]', '["Hi"]']],
    ['stream', ['"yes"', '1', '[]']],
    ['stream_options', ['"usage"', '5', '{"include_usage":"yes"}']],
    ['n', ['"two"', '"2"', '1.5', '1025', '1e400', '[]', 'true']],
    ['max_tokens', ['"5"', '1.5', '1e30', '-1e30', '{}', 'true']],
    ['max_completion_tokens', ['"5"', '1.5', '1e30', '-1e30', '{}', 'true']],
    ['service_tier', ['5', '[]', 'true']],
  ]
  for (const [field, values] of chatFields)
    for (const value of values)
      test(`openai: ${field} ${value} is a 400 that names it`, async () => {
        const fields = { model: `"${chatModel}"`, messages: '[{"role":"user","content":"Hi"}]', [field]: value }
        const body = Object.entries(fields).map(([name, json]) => `"${name}":${json}`)
        const error = await refused(chat, `{${body.join(',')}}`)
        expect(error.type).toBe('invalid_request_error')
        expect(fieldOf(error, chat)).toStartWith(field)
        expect(error.message).toContain(field)
      })

  for (const value of ['null', '5', '{}', '[]', '[[]]', '[1.5]', '[-1]', '["a",1]', '[[1],["a"]]', '[null]'])
    test(`openai, embeddings: input ${value} is a 400 that names it`, async () => {
      expect(fieldOf(await refused(embed, `{"model":"${embed.model}","input":${value}}`), embed)).toStartWith('input')
    })

  for (const missing of [`{"model":"${chatModel}"}`, `{${messages}}`])
    test(`openai: a required field is missing in ${missing}`, async () => {
      expect(fieldOf(await refused(chat, missing), chat)).toBe(missing.includes('messages') ? 'model' : 'messages')
    })

  const configs: readonly [field: string, values: readonly string[]][] = [
    ['maxOutputTokens', ['"many"', '1.5', '1e10', '[]', 'true']],
    ['candidateCount', ['"two"', '1025', '1.5', '1e10']],
    ['responseModalities', ['"IMAGE"', '[5]', '{}']],
  ]
  for (const way of [generate, generateStream]) {
    for (const [field, values] of configs)
      for (const value of values)
        for (const config of ['generationConfig', 'generation_config'])
          test(`${way.name}: ${config}.${field} ${value} is a 400 that names it`, async () => {
            const error = await refused(way, `{${contents},"${config}":{"${field}":${value}}}`)
            expect(error.status).toBe('INVALID_ARGUMENT')
            // Google names it as it is in its protocol buffers, whatever the client wrote.
            const named = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
            expect([`generation_config.${named}`, `${config}.${field}`]).toContain(fieldOf(error, way)!)
          })
    for (const [field, value] of [
      ['contents', '5'],
      ['contents', '"Hi"'],
      ['contents', '[]'],
      ['contents', 'null'],
      ['serviceTier', '5'],
      ['tools', '"search"'],
      ['cachedContent', '5'],
    ] as const)
      test(`${way.name}: ${field} ${value} is a 400 that names it`, async () => {
        const others = field === 'contents' ? '' : `${contents},`
        expect(fieldOf(await refused(way, `{${others}"${field}":${value}}`), way)).toStartWith(field)
      })
    test(`${way.name}: a body without contents is a 400`, async () => {
      expect(fieldOf(await refused(way, '{"generationConfig":{}}'), way)).toBe('contents')
    })
  }
})

describe('fields that are given twice', () => {
  const twice = [
    `{"model":"gpt-4.1-nano","model":"gpt-5.4",${messages}}`,
    `{"model":"gpt-4.1-nano","mod\\u0065l":"gpt-5.4",${messages}}`,
    `{"model":"${chatModel}",${messages},"max_tokens":5,"max_tokens":50000}`,
    `{"model":"${chatModel}",${messages},"max_completion_tokens":5,"m\\u0061x_completion_tokens":50000}`,
    `{"model":"${chatModel}",${messages},"n":1,"n":8}`,
    `{"model":"${chatModel}",${messages},${messages}}`,
    `{"model":"${chatModel}",${messages},"stream":true,"stream":false}`,
    `{"model":"${chatModel}",${messages},"service_tier":"flex","service_tier":"priority"}`,
    `{"model":"${chatModel}",${messages},"stream":true,"stream_options":{"include_usage":true,"include_usage":false}}`,
  ]
  for (const body of twice)
    test(`openai: ${body} is a 400`, async () => {
      expect((await refused(chat, body)).message).toContain('more than once')
    })
  test('openai, embeddings: two inputs are a 400', async () => {
    expect((await refused(embed, `{"model":"${embed.model}","input":"a","input":"b"}`)).message).toContain(
      'more than once',
    )
  })
  const spellings = [
    `{${contents},"generationConfig":{"maxOutputTokens":5,"max_output_tokens":50000}}`,
    `{${contents},"generation_config":{"max_output_tokens":5,"maxOutputTokens":50000}}`,
    `{${contents},"generationConfig":{"maxOutputTokens":5},"generation_config":{"maxOutputTokens":50000}}`,
    `{${contents},"generationConfig":{"candidateCount":1,"candidate_count":8}}`,
    `{${contents},"generationConfig":{"maxOutputTokens":5,"maxOutputT\\u006fkens":50000}}`,
    `{${contents},${contents}}`,
    `{${contents},"serviceTier":"flex","service_tier":"priority"}`,
  ]
  for (const way of [generate, generateStream])
    for (const body of spellings)
      test(`${way.name}: ${body} is a 400`, async () => {
        expect((await refused(way, body)).message).toContain('more than once')
      })
})

describe('bodies that are too large', () => {
  const filled = (bytes: number): Uint8Array<ArrayBuffer> => new Uint8Array(bytes).fill(0x20)
  const chunked = (bytes: number): ReadableStream<Uint8Array> => {
    let left = bytes
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      if (left <= 0) return controller.close()
      controller.enqueue(filled(Math.min(left, mebibyte)))
      left -= mebibyte
    }
    return new ReadableStream({ pull })
  }
  for (const [name, make] of [
    ['announced', filled],
    ['in chunks', chunked],
  ] as const) {
    test(`openai: 50 MB, ${name}, are a 413 that says how many are allowed`, async () => {
      for (const way of [chat, embed])
        expect((await refused(way, make(50 * mebibyte), 413)).message).toMatch(/at most \d+ bytes/)
    })
    test(`genai: 50 MB of nothing, ${name}, are read, and are a 400`, async () => {
      expect((await refused(generate, make(50 * mebibyte))).message).toContain('JSON')
    })
    for (const megabytes of [101, 130])
      test(`genai: ${megabytes} MB, ${name}, are a 413 that says how many are allowed`, async () => {
        expect((await refused(generate, make(megabytes * mebibyte), 413)).message).toMatch(/at most \d+ bytes/)
      })
  }
  test('50 MB of broken JSON are a 400', async () => {
    const body = filled(50 * mebibyte)
    body[0] = '{'.charCodeAt(0)
    await refused(generate, body)
  })
})

describe('models that cannot be asked here', () => {
  const asChat = (model: string): string => JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] })
  test('openai: unknown, of the other dialect, or for something else', async () => {
    const unknown = await refused(chat, asChat('gpt-99-imaginary'), 404)
    expect(unknown).toMatchObject({ code: 'model_not_found', param: 'model' })
    expect(unknown.message).toContain('gpt-99-imaginary')
    const elsewhere = await refused(chat, asChat(geminiModel), 404)
    expect(elsewhere.code).toBe('model_not_found')
    expect(elsewhere.message).toContain('Google GenAI SDK')
    expect((await refused(chat, asChat(embed.model))).message).toContain('embeddings')
    expect((await refused(chat, asChat('gpt-image-1.5'))).param).toBe('model')
    expect((await refused(embed, `{"model":"${chatModel}","input":"Hi"}`)).param).toBe('model')
    for (const model of [
      'models/gpt-4.1-mini',
      ' gpt-4.1-mini',
      'GPT-4.1-MINI',
      '../gpt-4.1-mini',
      'x'.repeat(100_000),
      '__proto__',
      'constructor',
    ])
      expect((await refused(chat, asChat(model), 404)).message.length).toBeLessThan(500)
  })
  for (const verb of ['generateContent', 'streamGenerateContent', 'streamGenerateContent?alt=sse', 'countTokens'])
    test(`genai, ${verb}: unknown, or of the other dialect`, async () => {
      const at = (model: string): string => `/genai/v1beta/models/${model}:${verb}`
      const unknown = await refused(generate, `{${contents}}`, 404, at('gemini-99-imaginary'))
      expect(unknown.status).toBe('NOT_FOUND')
      expect(unknown.message).toContain('gemini-99-imaginary')
      const elsewhere = await refused(generate, `{${contents}}`, 404, at(chatModel))
      if (verb !== 'countTokens') expect(elsewhere.message).toContain('OpenAI SDK')
    })
})

test('after all of this the key still works, and its books are closed', () =>
  expectClosedBooks(server, account, 1_000_000_000n, []))
