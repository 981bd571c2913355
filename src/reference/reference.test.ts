import { expect, test } from 'bun:test'
import { loadCatalog } from '../catalog/catalog.ts'
import models from '../catalog/models.json'
import { modelPrices } from '../control/model-prices.ts'
import { loadPriceBook } from '../money/price-book.ts'
import type { Facts } from './facts.ts'
import { createReference } from './reference.ts'

const at = Date.parse('2026-11-30')
const catalog = loadCatalog(models)
const prices = loadPriceBook(models)

function factsOf(ids: readonly string[] | null): Facts {
  const listed = catalog.listed.filter(({ id }) => ids === null || ids.includes(id))
  return {
    models: modelPrices({ listed }, prices, at).map((price) => ({
      ...price,
      ...catalog.find(price.id)!,
      isShutDown: price.kind === 'video',
    })),
    priceOf: (model) => prices.priceOf(model, at),
    regions: [{ name: 'us', serves: ['us', 'global'] }],
  }
}

const baseUrl = 'https://gateway.example'
const reference = createReference(factsOf(null))
const bodyAt = (path: string, of = reference): string => {
  const answer = of.answerAt(path, baseUrl)
  if (!answer) throw new Error(`there is nothing at ${path}`)
  return answer.body as string
}

const linksOf = (html: string): string[] => [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href!)

/** Every page that can be reached from the first one. */
function reachable(): Map<string, string> {
  const found = new Map<string, string>()
  const queue = ['/docs']
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (found.has(path)) continue
    const html = bodyAt(path)
    found.set(path, html)
    queue.push(...linksOf(html).flatMap((href) => (/^\/docs[^.]*$/.test(href) ? [href.replace(/#.*/, '')] : [])))
  }
  return found
}

test('every link leads somewhere: to a page, and to a heading that it has', () => {
  const pages = reachable()
  expect(pages.size).toBeGreaterThan(30)
  for (const [path, html] of pages)
    for (const href of linksOf(html)) {
      const [, target = '', hash] = /^([^#]*)(?:#(.*))?$/.exec(href)!
      if (target.startsWith('http') || target === '/' || target === 'data:,') continue
      if (target.endsWith('.md') || target === '/llms.txt') expect(bodyAt(target)).toStartWith('# ')
      else if (hash !== undefined)
        expect(target === '' ? html : bodyAt(target), `${href} on ${path}`).toContain(`id="${hash}"`)
    }
})

test('nothing is left unfilled, and every page has a twin in Markdown that says the same address', () => {
  for (const [path, html] of reachable()) {
    expect(html, path).not.toContain('{{')
    const twin = bodyAt(/href="(\/docs\/[^"]*\.md)"/.exec(html)![1]!)
    expect(twin, path).not.toContain('{{')
    expect(twin).toStartWith('# ')
  }
  expect(bodyAt('/docs')).toContain('base_url=<span class="hljs-string">&quot;https://gateway.example/v1/&quot;</span>')
  expect(bodyAt('/docs/api-reference.md')).toContain('base_url="https://gateway.example/v1/"')
  expect(bodyAt('/llms.txt')).toContain('https://gateway.example/docs/models.md')
})

test('an address that is no good HTML does no harm', () => {
  const html = createReference(factsOf(null)).answerAt('/docs', 'http://x"><script>alert(1)</script>')!.body as string
  expect(html).not.toContain('<script>alert')
})

test('what is served is listed with its price; what is not, is not', () => {
  const few = createReference(factsOf(['gpt-5.4', 'gemini-3.5-flash']))
  expect(bodyAt('/docs/models.md', few)).toContain('| `gpt-5.4` | $2.50 | $0.25 | $15.00 | 1,050,000 | 128,000 |')
  expect(bodyAt('/docs', few)).toContain('gemini-3.5-flash')
  expect(bodyAt('/docs/models', few)).not.toContain('gpt-4o')
  expect(bodyAt('/docs/billing', few)).not.toContain('gpt-image-2')
  const none = createReference(factsOf([]))
  expect(bodyAt('/docs', none)).toContain('None of these is served here')
})

test('what its vendor has shut down says so, and a video has the price of every size', () => {
  expect(bodyAt('/docs/api-reference.md')).toContain(
    '| `sora-2` | Flagship video generation with synced audio (shut down by its vendor on 2026-09-24; simulated here) |',
  )
  expect(bodyAt('/docs/models.md')).toContain('| `sora-2` |  |  | $0.10 per second |  |  | 2026-09-24 |')
  expect(bodyAt('/docs/models.md')).toContain('$0.30 per second; 1024p $0.50; 1080p $0.70')
})

test('a worked example is what the price book charges: 180 × 2.50 + 1,024 × 0.25 + 752 × 15.00 per million', () => {
  expect(bodyAt('/docs/billing.md')).toContain('**$0.011986**')
})

test('every error has a page, with the status and code that its envelope has', () => {
  const page = bodyAt('/docs/errors/insufficient_credit.md')
  expect(page).toContain('429 `insufficient_quota`')
  expect(page).toContain('429 `RESOURCE_EXHAUSTED` `INSUFFICIENT_CREDIT`')
})

test('search knows every section', () => {
  const sections = JSON.parse(bodyAt('/docs/search.json')) as { url: string; title: string; text: string }[]
  const found = sections.find(({ title }) => title === 'When an answer was lost')!
  expect(found.url).toBe('/docs/receipts#when-an-answer-was-lost')
  expect(found.text).toContain('the same key when you repeat it')
})

test('search knows every model, and leads to its row of the prices', () => {
  const sections = JSON.parse(bodyAt('/docs/search.json')) as { url: string; model?: string }[]
  const models = sections.filter(({ model }) => model !== undefined)
  expect(models.length).toBeGreaterThan(20)
  const page = bodyAt('/docs/models')
  for (const { url, model } of models) {
    expect(url).toBe(`/docs/models#row-${model}`)
    expect(page.split(`<tr id="row-${model}">`), model).toHaveLength(2)
  }
})

test('what is not of the reference is nobody’s', () => {
  for (const path of ['/docs/nothing', '/docs/../etc/passwd', '/docs/errors', '/docs/models.md/']) {
    const answer = reference.answerAt(path, baseUrl)
    if (path === '/docs/errors') expect(answer).not.toBeNull()
    else expect(answer).toBeNull()
  }
})
