/** The page at `/` in a real browser: light and dark, narrow and wide, by mouse and by keyboard. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import * as ways from '../faults/request-support.ts'
import * as browsing from '../support/browser.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { testFolder } from '../../src/lib/test-folder.ts'

const folder = testFolder('screenshots')
const sizes = { narrow: { width: 390, height: 844 }, wide: { width: 1440, height: 900 } } as const
const title =
  browsing.chromiumPath === null ? 'the welcome page (skipped: there is no Chromium here)' : 'the welcome page'

describe.skipIf(browsing.chromiumPath === null)(title, () => {
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    ;[server, browser] = await Promise.all([startServer(), browsing.startBrowser()])
  }, ways.startMsMax)
  afterAll(async () => {
    await Promise.all([browser.close(), server.stop()])
  })

  for (const colorScheme of ['light', 'dark'] as const)
    for (const [size, viewport] of Object.entries(sizes))
      test(`${colorScheme}, ${size}: nothing to complain of, axe is clean, nothing to scroll sideways`, async () => {
        const { page, complaints, close } = await browsing.openPage(browser, server.baseUrl, { colorScheme, viewport })
        await page.screenshot({ path: join(folder, `welcome-${colorScheme}-${size}.png`), fullPage: true })
        expect(await browsing.axeFaults(page)).toEqual([])
        expect(complaints).toEqual([])
        const [content, visible] = await page.evaluate<[number, number]>(
          '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
        )
        expect(content).toBeLessThanOrEqual(visible)
        expect(await page.innerText('main')).toContain('This is the sandbox: every answer is simulated.')
        await close()
      }, 30_000)

  test('everything that can be clicked can be reached by keyboard, in order, and shows that it is', async () => {
    const { page, close } = await browsing.openPage(browser, server.baseUrl, { viewport: sizes.wide })
    const clickable = await page.locator('a[href], button, input, summary, [tabindex="0"]').count()
    const reached = new Set<string>()
    for (let presses = 0; presses < clickable + 5; presses += 1) {
      await page.keyboard.press('Tab')
      reached.add(await focused(page))
    }
    reached.delete('')
    expect(reached.size).toBeGreaterThan(3)
    expect([...reached].filter((name) => name.endsWith('unseen'))).toEqual([])
    await close()
  }, 30_000)

  test('on a narrow screen no line of an example is hidden beyond its edge', async () => {
    const { page, close } = await browsing.openPage(browser, server.baseUrl, { viewport: sizes.narrow })
    for (const language of ['curl', 'Python', 'TypeScript']) {
      await page.getByText(language, { exact: true }).click()
      await page.screenshot({ path: join(folder, `examples-${language}.png`), fullPage: true })
      const hidden = await page.evaluate<string[]>(`[...document.querySelectorAll('pre')]
        .filter((pre) => pre.offsetParent !== null && pre.scrollWidth > pre.clientWidth)
        .map((pre) => pre.textContent)`)
      expect(hidden).toEqual([])
    }
    await close()
  }, 30_000)

  test('what a copy button copies is what is shown beside it', async () => {
    const context = { viewport: sizes.wide, permissions: ['clipboard-read', 'clipboard-write'] }
    const { page, complaints, close } = await browsing.openPage(browser, server.baseUrl, context)
    const button = page.getByRole('button', { name: /copy/i }).first()
    await button.focus()
    await page.keyboard.press('Enter')
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(copied.length).toBeGreaterThan(20)
    expect((await page.innerText('main')).replaceAll(/\s+/g, ' ')).toContain(copied.replaceAll(/\s+/g, ' ').trim())
    expect(complaints).toEqual([])
    await close()
  }, 30_000)

  test('with real providers it does not say that answers are simulated', async () => {
    const config = {
      providers: { one: { kind: 'openai', apiKey: '${KEY_ONE}', baseUrl: '${MART_SANDBOX_URL}/as/openai/one/v1' } },
      deployments: [{ model: 'gpt-5.4', provider: 'one', region: 'us' }],
    }
    const { env } = ways.configured(JSON.stringify(config))
    const real = await startServer({ env: { ...env, KEY_ONE: 'key-one' } })
    const { page, complaints, close } = await browsing.openPage(browser, real.baseUrl, { viewport: sizes.wide })
    const text = await page.innerText('body')
    await page.screenshot({ path: join(folder, 'welcome-real.png'), fullPage: true })
    expect(text).not.toContain('simulated')
    // What nobody serves is not offered.
    expect(text).toContain('gpt-5.4')
    expect(text).not.toContain('gpt-4o')
    expect(await browsing.axeFaults(page)).toEqual([])
    expect(complaints).toEqual([])
    await Promise.all([close(), real.stop()])
  }, 60_000)
})

/** What has the focus, and whether that can be seen. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(`(() => {
    const element = document.activeElement
    if (!element || element === document.body) return ''
    const style = getComputedStyle(element)
    const isSeen = style.outlineStyle !== 'none' || style.boxShadow !== 'none'
    return (element.id || element.textContent || '').trim().slice(0, 60) + (isSeen ? ' seen' : ' unseen')
  })()`)
