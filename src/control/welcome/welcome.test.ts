import { expect, test } from 'bun:test'
import { loadCatalog } from '../../catalog/catalog.ts'
import data from '../../catalog/models.json'
import { loadPriceBook } from '../../money/price-book.ts'
import { modelPrices } from '../model-prices.ts'
import { welcomePage, welcomePolicy } from './welcome.ts'

const catalog = loadCatalog(data)
const models = modelPrices(catalog, loadPriceBook(data), Date.parse('2026-11-23T00:00:00Z'))
const page = (baseUrl = 'http://127.0.0.1:8080', simulated = true, hasSession = false): string =>
  welcomePage({ baseUrl, simulated, models, hasSession })

test('the page says that it is simulated when it is, and does not when it is not', () => {
  expect(page()).toContain('every answer is simulated')
  expect(page('https://gateway.example', false)).not.toMatch(/simulated|sandbox/i)
})

test('whoever is signed in is led to the dashboard, and everybody else to where one signs in', () => {
  const link = (hasSession: boolean) => /href="\/dashboard">([^<]+)</.exec(page(undefined, true, hasSession))![1]
  expect([link(true), link(false)]).toEqual(['Dashboard', 'Sign in'])
})

test('customers are shown nothing of who runs it, and how', () => {
  for (const simulated of [true, false]) {
    const text = page('https://gateway.example', simulated).replaceAll(/<(style|script|svg)[^]*?<\/\1>/g, '')
    expect(text).not.toMatch(
      /\bnpx\b|\bmart (?:org|key|credit|ledger|balance)|mart\.yaml|DATA_DIR|operator|deployment|upstream|\bprovider:/i,
    )
  }
})

test('what is said to be served begins at the address', () => {
  for (const url of ['POST /v1/chat/completions', 'GET /v1/receipts/REQUEST_ID', ':countTokens'])
    expect(page()).toContain(url)
  expect(page('https://gateway.example/x')).toContain('AzureOpenAI clients take <code>https://gateway.example/x</code>')
})

test('every listed model is shown with its price', () => {
  expect(models.map(({ id }) => id)).toEqual(catalog.listed.map(({ id }) => id))
  for (const { id } of models) expect(page()).toContain(`<code>${id}</code>`)
  const priceOf = (id: string) => models.find((model) => model.id === id)
  expect(priceOf('gpt-5.4')).toMatchObject({ input: '2.50', cachedInput: '0.25', output: '15.00', videoSecond: null })
  expect(priceOf('sora-2')).toMatchObject({ input: null, output: null, videoSecond: '0.10' })
  expect(priceOf('gpt-image-2')).toMatchObject({ output: '30.00' })
  expect(priceOf('text-embedding-3-small')).toMatchObject({ input: '0.02', cachedInput: null, output: null })
})

test('the page asks for nothing else, and its policy names its one style and one script', async () => {
  const html = page()
  expect(html).not.toMatch(/(src|@import|url\()\s*=?\s*["']?(https?:)?\/\//)
  const digest = async (tag: string): Promise<string> => {
    const text = html.split(`<${tag}>`)[1]!.split(`</${tag}>`)[0]!
    return Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toString('base64')
  }
  expect(welcomePolicy).toContain(`style-src 'sha256-${await digest('style')}'`)
  expect(welcomePolicy).toContain(`script-src 'sha256-${await digest('script')}'`)
})

test('an address cannot smuggle markup into the page', () => {
  const html = page(`http://x"><img src=x onerror='alert(1)'>`)
  expect(html).not.toContain('<img')
  expect(html).toContain('&lt;img')
})
