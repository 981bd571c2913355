import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configCommands } from './config-commands.ts'
import { testFolder } from '../lib/test-folder.ts'

const path = join(testFolder('check'), 'mart.yaml')
const noServer = (): never => {
  throw new Error('a server was asked')
}

async function check(text: string) {
  writeFileSync(path, text)
  const line = { positionals: [path], flags: {}, switches: new Set<string>(), json: false, help: false }
  const answer = await configCommands[0]!.run(line, { env: {}, server: noServer })
  return { text: answer.text, json: answer.json as Record<string, unknown> }
}

test('a check says what a file comes to: providers, deployments, models of each policy, and what nobody serves', async () => {
  const { text, json } = await check(`
providers: {one: {kind: sandbox}, two: {kind: sandbox}}
deployments:
  - {provider: one, model: gpt-5.4, region: us}
  - {provider: two, model: gpt-5, region: us}
  - {provider: two, model: gpt-4o, region: eu, enabled: false}
lifecycle: {gpt-4.1: {listed: false}}
`)
  expect(json).toMatchObject({
    ok: true,
    file: path,
    providers: 2,
    deployments: { enabled: 2, disabled: 1 },
    models: { us: ['gpt-5.4', 'gpt-5'], eu: [] },
  })
  const unserved = json['unserved'] as string[]
  expect(unserved).toContain('gpt-4o')
  for (const id of ['gpt-5.4', 'gpt-5', 'gpt-4.1', 'gemini-3.6-flash']) expect(unserved).not.toContain(id)
  expect(text).toStartWith(
    [
      `${path} is valid.`,
      '',
      'providers          2',
      'deployments        2, and 1 not enabled',
      'test models in us  2: gpt-5.4, gpt-5',
      'test models in eu  none',
      '',
      `Note: ${unserved.length} other models of the catalog have no deployment.`,
    ].join('\n'),
  )
  expect(text).not.toContain('gpt-4o')
})

test('what a check lists beside a sandbox is what live keys can ask for', async () => {
  const { text, json } = await check(`
providers: {real: {kind: openai-compatible, baseUrl: http://127.0.0.1:1/v1}, sandbox: {kind: sandbox}}
deployments:
  - {provider: real, model: gpt-5.4, region: us}
  - {provider: sandbox, model: gpt-5.4, region: us}
  - {provider: sandbox, model: gpt-5, region: eu}
`)
  expect(json).toMatchObject({ mode: 'live', models: { us: ['gpt-5.4'], eu: [] } })
  expect(text).toContain('live models in us  1: gpt-5.4')
})

test('a sandbox serves everything, so that there is nothing to note', async () => {
  const { text, json } = await check('')
  expect(json).toMatchObject({ providers: 1, deployments: { enabled: 2, disabled: 0 }, unserved: [] })
  expect(text).not.toContain('Note')
  const { us } = json['models'] as { us: string[] }
  expect(us).toContain('gpt-5.4')
  // The sandbox makes videos still, though no vendor does.
  expect(us.filter((id) => /^(?:sora|veo)/.test(id))).toEqual(['sora-2', 'sora-2-pro'])
})
