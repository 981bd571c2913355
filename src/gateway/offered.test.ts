import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkConfigFile } from '../config.ts'
import { systemClock } from '../lib/clock.ts'
import { pricesSchema } from '../money/price-book-data.ts'
import { createOffer } from '../offer.ts'
import { keyOf } from '../store/store-fixtures.ts'
import type { HttpAnswer } from '../lib/http-server/contract.ts'
import type { GatewayDeps } from './deps.ts'
import type { Asked } from './dialect.ts'
import { getModel } from './dialects/genai/models.ts'
import { listModels } from './dialects/openai/models.ts'
import type { KnownOperation } from './operation.ts'
import { operationsFor } from './operations.ts'
import { offeredTo } from './offered.ts'
import { resolve } from './resolve.ts'
import { testFolder } from '../lib/test-folder.ts'

const path = join(testFolder('offered'), 'mart.yaml')
const keyFor = (models: readonly string[] | null) =>
  keyOf({ id: 'key_a', organizationId: 'org_a', mode: 'test', region: 'us', models })

/** Served by a sandbox, which serves every model. */
function offerOf(text: string, at = '2026-11-30') {
  writeFileSync(path, text)
  const { file } = checkConfigFile(path, {}, pricesSchema)
  const clock = { ...systemClock, now: () => Date.parse(at) }
  return { ...createOffer(file, { clock, builtIn: () => 'http://127.0.0.1:1' }), clock }
}
const offered = (
  offer: ReturnType<typeof offerOf>,
  dialect: 'openai' | 'genai',
  models: readonly string[] | null = null,
) => offeredTo(keyFor(models), dialect, 'us', offer)
const namesOf = (...args: Parameters<typeof offered>): string[] => offered(...args).listed.map(({ name }) => name)

function answered(known: KnownOperation, offer: ReturnType<typeof offerOf>, params = {}): unknown {
  const asked = { params, query: new URLSearchParams(), region: null }
  return JSON.parse((known.answer(asked, keyFor(null), offer as unknown as GatewayDeps) as HttpAnswer).body as string)
}

const free = 'contextTokens: 8192, free: true'

test('what is listed can be asked: every kind has an operation of its dialect, and no other kind is listed', () => {
  const offer = offerOf('')
  for (const dialect of ['openai', 'genai'] as const) {
    const { listed } = offered(offer, dialect)
    expect(listed.length).toBeGreaterThan(5)
    for (const { name, model, operations } of listed) {
      expect(
        operationsFor(model).map((operation) => operation.name),
        name,
      ).toEqual([...operations])
      expect(operations, name).not.toEqual([])
    }
  }
  const kinds = new Set(offered(offer, 'openai').listed.map(({ model }) => model.kind))
  expect([...kinds]).toEqual(['text', 'image', 'embeddings'])
  expect(offered(offer, 'openai').find('sora-2')).toBeNull()
  expect(namesOf(offer, 'genai')).toContain('gemini-3-pro-image')
})

test('an own model of a kind that no operation serves yet is not listed, and one that is served is', () => {
  const offer = offerOf(`models:
  clip: { kind: video, contextTokens: 100, free: true }
  e5: { kind: embeddings, ${free} }
  vec: { kind: embeddings, dialect: genai, ${free} }
  'llama3.1:8b': { ${free} }
`)
  expect(namesOf(offer, 'openai').slice(-2)).toEqual(['e5', 'llama3.1:8b'])
  expect(namesOf(offer, 'genai')).not.toContain('vec')
})

test('a model is listed up to the day of its shutdown, and an operator may know of another day', () => {
  const named = (at: string, text = ''): boolean => namesOf(offerOf(text, at), 'openai').includes('gpt-5')
  expect([named('2026-12-10T23:59:59Z'), named('2026-12-11T00:00:00Z')]).toEqual([true, false])
  expect(offered(offerOf('', '2026-12-11'), 'openai').find('gpt-5')).toBeNull()
  expect(named('2026-12-11', 'lifecycle: {gpt-5: {shutdown: null}}')).toBe(true)
  expect(named('2026-11-30', 'lifecycle: {gpt-5: {shutdown: 2026-11-01}}')).toBe(false)
})

test('an alias is listed behind its model, when what it means is offered to that key', () => {
  const offer = offerOf(
    'aliases: {fast: gpt-5.4-nano, tiny: gpt-5.4-nano, clip: sora-2, g/flash: gemini-3.5-flash, old: gpt-4.1-nano}',
  )
  const names = namesOf(offer, 'openai')
  expect(names.slice(names.indexOf('gpt-5.4-nano'), names.indexOf('gpt-5.4-nano') + 3)).toEqual([
    'gpt-5.4-nano',
    'fast',
    'tiny',
  ])
  for (const name of ['clip', 'old', 'g/flash']) expect(names, name).not.toContain(name)
  expect(namesOf(offer, 'genai')).toContain('g/flash')
  expect(new Set(names).size).toBe(names.length)
  expect(namesOf(offer, 'openai', ['gpt-5.4-nano'])).toEqual(['gpt-5.4-nano', 'fast', 'tiny'])
  expect(offered(offer, 'openai', ['gpt-5.4']).find('fast')).toBeNull()
  expect(offered(offer, 'openai').find('fast')).toMatchObject({ name: 'fast', model: { id: 'gpt-5.4-nano' } })
})

test('the OpenAI list says whose a model is, and never whose account serves it', () => {
  const offer = offerOf(`models:
  deepseek/deepseek-chat: { ${free} }
  llama: { ${free}, released: 2025-01-02 }
  ours: { ${free}, ownedBy: acme }
aliases: { chat: deepseek/deepseek-chat }
`)
  const { data } = answered(listModels, offer) as { data: { id: string; created: number; owned_by: string }[] }
  const of = (id: string) => data.find((each) => each.id === id)
  expect(of('gpt-5.4')).toMatchObject({ object: 'model', created: 1_772_668_800, owned_by: 'openai' })
  expect(of('chat')).toEqual({ ...of('deepseek/deepseek-chat')!, id: 'chat' })
  expect(of('chat')).toMatchObject({ created: 0, owned_by: 'deepseek' })
  expect(of('llama')).toMatchObject({ created: 1_735_776_000, owned_by: 'organization-owner' })
  expect(of('ours')).toMatchObject({ owned_by: 'acme' })
})

test('the Gemini list says what a model can be asked for, and what an alias means', () => {
  const offer = offerOf(
    `models: { gemma:2b: { dialect: genai, ${free}, outputTokensMax: 512 } }\naliases: { small: gemma:2b }`,
  )
  const of = (name: string): unknown => answered(getModel, offer, { model: name })
  const gemma = {
    name: 'models/gemma:2b',
    baseModelId: 'gemma:2b',
    version: '001',
    displayName: 'gemma:2b',
    description: '',
    inputTokenLimit: 8192,
    outputTokenLimit: 512,
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
  }
  expect(of('gemma:2b')).toEqual(gemma)
  expect(of('small')).toEqual({ ...gemma, name: 'models/small', displayName: 'small' })
})

test('a model of another kind is refused with where to ask it', () => {
  const offer = offerOf('')
  const refusal = (name: string): string => {
    const operation = operationsFor({ dialect: 'openai', kind: 'embeddings' })[0]!
    const asked = { target: { kind: 'model', name } } as Asked
    try {
      resolve(asked, [], { operation, key: keyFor(null), region: null }, offer)
    } catch (error) {
      return (error as Error).message
    }
    return 'none'
  }
  expect(refusal('sora-2')).toBe(
    "The model 'sora-2' is for video; this endpoint is for embeddings models. Ask it at POST /v1/videos.",
  )
  expect(refusal('gpt-5.4')).toEndWith('Ask it at POST /v1/chat/completions.')
  expect(refusal('gpt-image-2')).toEndWith('Ask it at POST /v1/images/generations.')
  expect(refusal('text-embedding-3-small')).toBe('none')
})

test('a mistyped name is refused with those that were probably meant, of what the key may use, in both dialects', () => {
  const offer = offerOf('aliases: { house-chat: gpt-5.4 }')
  const refusal = (name: string, dialect: 'openai' | 'genai', models: readonly string[] | null = null): string => {
    const operation = operationsFor({ dialect, kind: 'text' })[0]!
    const asked = { target: { kind: 'model', name } } as Asked
    try {
      resolve(asked, [], { operation, key: keyFor(models), region: null }, offer)
    } catch (error) {
      return (error as Error).message.replace(/^.*you do not have access to it\./, '')
    }
    return 'none'
  }
  expect(refusal('gpt5.4', 'openai')).toBe(" Did you mean 'gpt-5.4'?")
  expect(refusal('gpt-5.4-mini ', 'openai')).toBe(" Did you mean 'gpt-5.4-mini'?")
  expect(refusal('house chat', 'openai')).toBe(" Did you mean 'house-chat'?")
  expect(refusal('gemini-3.5-flsh', 'genai')).toStartWith(" Did you mean 'gemini-3.5-flash'")
  expect(refusal('google/gemini-3.5-flash', 'openai')).toBe(
    " Did you mean 'gemini-3.5-flash'? It is served to the Google GenAI SDK, with the base URL ending in /genai.",
  )
  // Neither what the key may not use, nor what this endpoint does not do.
  expect(refusal('gpt5.4', 'openai', ['gpt-4.1'])).toBe('')
  expect(refusal('gpt-5.4', 'openai', ['gpt-5.4-mini'])).toContain("'gpt-5.4-mini'")
  expect(refusal('sora2', 'openai')).toBe('')
  expect(refusal('llama-4', 'openai')).toBe('')
  const listed = () => answered(getModel, offer, { model: 'gemini3.5-flash' })
  expect(listed).toThrow("Did you mean 'gemini-3.5-flash'?")
})
