import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pricesSchema } from '../money/price-book-data.ts'
import { environmentInForce } from './environment.ts'
import { settingsInForce } from './in-force.ts'
import { readBoth } from './load.ts'
import { testFolder } from '../lib/test-folder.ts'

const secret = 'sk-proj-never-to-be-shown'
const env = { OPENAI_API_KEY: secret, RESOURCE: 'contoso-private', MART_SECRET: `${secret}-0123456789` }

function read(text: string) {
  const folder = testFolder('force')
  writeFileSync(join(folder, 'mart.yaml'), text)
  writeFileSync(join(folder, 'key.txt'), secret)
  return readBoth(join(folder, 'mart.yaml'), env, pricesSchema)
}

const text = `
providers:
  openai: { kind: openai, apiKey: "\${OPENAI_API_KEY}" }
  azure: { kind: azure-openai, apiKey: { file: key.txt }, endpoint: "https://\${RESOURCE}.openai.azure.com" }
deployments:
  - { model: gpt-5.4, provider: openai, region: us, pricePpm: 1100000 }
  - { model: gpt-5.4, provider: azure, region: eu }
models:
  llama3.1:8b: { dialect: openai, kind: text, description: mine, free: true, contextTokens: 8192, outputTokensMax: 4096 }
holds: { plentyTimes: 7 }
metrics: { port: 9100 }
`

function settingsOf(yaml: string, startedWith = yaml) {
  const settings = settingsInForce(read(startedWith), read(yaml))
  return { settings, at: (path: string) => settings.find((each) => each.path === path)! }
}

test('each setting says what it is and where that comes from: the file, the environment, or the default', () => {
  const { at, settings } = settingsOf(text)
  expect(at('holds.plentyTimes')).toEqual({
    path: 'holds.plentyTimes',
    value: 7,
    source: 'file',
    isSecret: false,
    needsRestart: false,
  })
  expect(at('holds.outputTokensUnstated')).toMatchObject({ value: 16_384, source: 'default' })
  expect(at('defaults.region')).toMatchObject({ value: 'us', source: 'default' })
  expect(at('deployments[0].pricePpm')).toMatchObject({ value: 1_100_000, source: 'file' })
  expect(at('deployments[1].pricePpm')).toMatchObject({ value: 1_000_000, source: 'default' })
  expect(at('deployments[1].name')).toMatchObject({ value: 'azure-gpt-5-4', source: 'default' })
  expect(at('models["llama3.1:8b"].free')).toMatchObject({ value: true, source: 'file' })
  expect(at('metrics.port')).toMatchObject({ value: 9100, source: 'file', needsRestart: true })
  expect(new Set(settings.map(({ path }) => path)).size).toBe(settings.length)
})

test('a secret is shown as the reference that is written, and what refers to a variable as it is written', () => {
  const { at, settings } = settingsOf(text)
  expect(at('providers.openai.apiKey')).toMatchObject({
    value: '${OPENAI_API_KEY}',
    source: 'environment',
    isSecret: true,
  })
  expect(at('providers.azure.apiKey')).toMatchObject({ value: { file: 'key.txt' }, source: 'file', isSecret: true })
  expect(at('providers.azure.endpoint')).toMatchObject({
    value: 'https://${RESOURCE}.openai.azure.com',
    source: 'environment',
  })
  const shown = JSON.stringify([settings, environmentInForce(env)])
  for (const hidden of [secret, 'contoso-private']) expect(shown).not.toContain(hidden)
})

test('what only a start reads is shown as the server was started with it, whatever the file says since', () => {
  const { at } = settingsOf(text.replace('9100', '9200').replace('plentyTimes: 7', 'plentyTimes: 8'), text)
  expect(at('metrics.port').value).toBe(9100)
  expect(at('holds.plentyTimes').value).toBe(8)
})

test('without a file all of it is default, and can be told as JSON', () => {
  const defaults = readBoth(null, {}, pricesSchema)
  const settings = settingsInForce(defaults, defaults)
  expect(settings.length).toBeGreaterThan(50)
  expect(settings.filter(({ source }) => source !== 'default')).toEqual([])
  expect(JSON.parse(JSON.stringify(settings))).toEqual(settings as never)
})

test('variables are told by name, with what is set apart from what is default, and no secret', () => {
  const settings = environmentInForce({ PORT: '9999', MART_SECRET: `${secret}-0123456789`, HOST: '' })
  const at = (name: string) => settings.find((each) => each.name === name)
  expect(at('PORT')).toEqual({ name: 'PORT', value: '9999', source: 'environment', isSecret: false })
  expect(at('HOST')).toEqual({ name: 'HOST', value: '127.0.0.1', source: 'default', isSecret: false })
  expect(at('PUBLIC_URL')).toEqual({ name: 'PUBLIC_URL', value: null, source: 'default', isSecret: false })
  expect(at('MART_SECRET')).toEqual({ name: 'MART_SECRET', value: null, source: 'environment', isSecret: true })
  expect(at('MART_OPERATOR_TOKEN')).toBeUndefined()
})
