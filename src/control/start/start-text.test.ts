import { expect, test } from 'bun:test'
import { sandboxOrganizationId } from './first-run.ts'
import { firstLiveKeyText, firstRunText, martCommand, startText } from './start-text.ts'

const url = 'http://127.0.0.1:8080'
const mart = 'npx mart'

const expectOneScreen = (text: string): void => {
  const lines = text.split('\n')
  expect(lines.length).toBeLessThanOrEqual(45)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
}

test('what the first start prints fits one screen and can be pasted from the first column', () => {
  const key = 'sk-bf-00000000-0000-4000-8000-000000000000'
  const text = firstRunText({ url, setupUrl: null, mart, key, organizationId: sandboxOrganizationId })
  expectOneScreen(text)
  expect(text).toContain('simulated')
  const lines = text.split('\n')
  for (const line of [
    `    base_url="${url}/v1/",`,
    'from openai import OpenAI',
    'from google import genai',
    `  -H "Authorization: Bearer ${key}" \\`,
  ])
    expect(lines).toContain(line)
  expect(text.split(key)).toHaveLength(5)
})

test('with real providers, a start leads to organization, credit and live key, in this order', () => {
  const text = firstLiveKeyText({ url, setupUrl: null, mart, model: { id: 'gemini-3.5-flash', dialect: 'genai' } })
  expectOneScreen(text)
  const steps = ['org create', 'credit grant --live', 'key create --live', 'curl', 'usage --live']
  const places = steps.map((step) => text.indexOf(step))
  expect(places).not.toContain(-1)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(text).toContain('/genai/v1beta/models/gemini-3.5-flash:generateContent')
  expect(text).not.toContain('simulated')
  expect(firstLiveKeyText({ url, setupUrl: null, mart, model: null })).not.toContain('curl')
})

test('commands name the data folder where it is not the usual one, quoted for the shell', () => {
  expect(martCommand('/srv/mart/data', '/srv/mart')).toBe('npx mart')
  expect(martCommand('/var/lib/mart', '/srv/mart')).toBe('DATA_DIR=/var/lib/mart npx mart')
  expect(martCommand("/Kim's data", '/srv/mart')).toBe(String.raw`DATA_DIR='/Kim'\''s data' npx mart`)
  expect(startText({ url, setupUrl: null, mart: 'DATA_DIR=/x npx mart', simulated: true })).toContain(
    'DATA_DIR=/x npx mart org list',
  )
})

test('until there is an operator every start shows the link to become one', () => {
  const setupUrl = `${url}/setup#${'x'.repeat(43)}`
  const started = { url, mart, setupUrl }
  const texts = [
    firstRunText({ ...started, key: 'sk-bf-0', organizationId: 'org_sandbox' }),
    firstLiveKeyText({ ...started, model: null }),
    startText({ ...started, simulated: true }),
  ]
  for (const text of texts) {
    expect(text).toContain(`\nYour account, once: ${setupUrl}\n`)
    expectOneScreen(text)
    expect(text).not.toContain('/dashboard')
  }
})

test('once there is an operator every start says where the dashboard is', () => {
  const started = { url, mart, setupUrl: null }
  for (const text of [firstLiveKeyText({ ...started, model: null }), startText({ ...started, simulated: true })])
    expect(text.split('\n')).toContain(`Dashboard: ${url}/dashboard`)
})
