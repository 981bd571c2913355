import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkConfigFile } from './config.ts'
import { systemClock } from './lib/clock.ts'
import { pricesSchema } from './money/price-book-data.ts'
import { createOffer } from './offer.ts'
import { publicPages } from './public-pages.ts'
import { testFolder } from './lib/test-folder.ts'

const path = join(testFolder('pages'), 'mart.yaml')

/** A page as a server with this configuration has it on a day. */
function pageAt(page: string, text: string, day = '2026-11-30'): string {
  writeFileSync(path, text)
  const { file } = checkConfigFile(path, { OPENAI_API_KEY: 'sk-test' }, pricesSchema)
  const clock = { ...systemClock, now: () => Date.parse(day) }
  const offer = createOffer(file, { clock, builtIn: () => 'http://127.0.0.1:1' })
  return publicPages(() => offer, clock)(page, { baseUrl: 'http://127.0.0.1:8080', hasSession: false })!.body as string
}

const real = `providers:
  openai: { kind: openai, apiKey: '\${OPENAI_API_KEY}' }
deployments:
  - { name: gpt, provider: openai, model: gpt-5.4, region: us }
  - { name: sora, provider: openai, model: sora-2, region: us }
`

test('where all is simulated, the reference has the models of its examples, past their shutdown too', () => {
  expect(pageAt('/docs/models.md', '')).toContain('| `sora-2` |  |  | $0.10 per second |  |  | 2026-09-24 |')
  expect(pageAt('/docs/api-reference.md', '')).toContain('shut down by its vendor on 2026-09-24; simulated here')
  expect(pageAt('/docs/api-reference.md', '', '2026-09-01')).not.toContain('shut down by its vendor')
})

test('a real provider’s model is not described past its shutdown', () => {
  expect(pageAt('/docs/models.md', real)).not.toContain('sora-2')
  expect(pageAt('/docs/models.md', real)).toContain('gpt-5.4')
  expect(pageAt('/docs/models.md', real, '2026-09-01')).toContain('sora-2')
})
