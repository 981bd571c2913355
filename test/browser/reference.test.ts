/** The API reference in a real browser: light and dark, narrow and wide, by keyboard, and without scripts. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import * as ways from '../faults/request-support.ts'
import * as browsing from '../support/browser.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { testFolder } from '../../src/lib/test-folder.ts'

const folder = testFolder('screenshots')
const sizes = { narrow: { width: 390, height: 844 }, wide: { width: 1440, height: 900 } } as const
const title = browsing.chromiumPath === null ? 'the reference (skipped: there is no Chromium here)' : 'the reference'
const pages = ['models', 'errors', 'billing', 'videos', 'files', 'receipts', 'errors/rate_limited']
const paths = ['/docs', ...pages.map((page) => `/docs/${page}`)]

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
        // Every page in two of the four, which show all that a scheme or a width can break.
        const isWhole = (colorScheme === 'light') === (size === 'narrow')
        for (const path of isWhole ? paths : ['/docs']) {
          const options = { colorScheme, viewport }
          const { page, complaints, close } = await browsing.openPage(browser, server.baseUrl + path, options)
          const name = `${path.replaceAll('/', '-')}-${colorScheme}-${size}.png`
          await page.screenshot({ path: join(folder, name), fullPage: true })
          expect(await browsing.axeFaults(page), path).toEqual([])
          expect(complaints, path).toEqual([])
          const [content, visible] = await page.evaluate<[number, number]>(
            '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
          )
          expect(content, path).toBeLessThanOrEqual(visible)
          await close()
        }
      }, 60_000)

  test('one choice of language holds for every example, and for the next page', async () => {
    const { page, close } = await browsing.openPage(browser, `${server.baseUrl}/docs`, { viewport: sizes.wide })
    await page.getByText('TypeScript', { exact: true }).first().click()
    expect(await page.locator('.panel.python:visible').count()).toBe(0)
    expect(await page.locator('.panel.typescript:visible').count()).toBeGreaterThan(4)
    await page.goto(`${server.baseUrl}/docs/models`)
    await page.goto(`${server.baseUrl}/docs`)
    expect(await page.locator('.panel.python:visible').count()).toBe(0)
    await close()
  }, 30_000)

  test('by keyboard alone somebody searches, and gets to what was found', async () => {
    const { page, complaints, close } = await browsing.openPage(browser, `${server.baseUrl}/docs`, {
      viewport: sizes.wide,
    })
    await page.keyboard.press('/')
    await page.keyboard.type('answer was lost')
    await page.getByRole('link', { name: 'When an answer was lost' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/docs/receipts#when-an-answer-was-lost')
    expect(complaints).toEqual([])
    await close()
  }, 30_000)

  test('without scripts every page can be read, and every language chosen', async () => {
    const options = { viewport: sizes.narrow, javaScriptEnabled: false }
    const { page, complaints, close } = await browsing.openPage(browser, `${server.baseUrl}/docs`, options)
    expect(await page.locator('.search').isVisible()).toBe(false)
    expect(await page.locator('.own-key').isVisible()).toBe(false)
    expect(await page.locator('.panel.python').first().isVisible()).toBe(true)
    await page.getByText('curl', { exact: true }).first().click()
    expect(await page.locator('.panel.bash').first().isVisible()).toBe(true)
    await page.getByRole('link', { name: 'How you are billed' }).first().click()
    expect(await page.innerText('h1')).toStartWith('How you are billed')
    expect(complaints).toEqual([])
    await close()
  }, 30_000)

  test('a pasted key stands in every example and in what is copied, and in no storage and no address', async () => {
    const context = { viewport: sizes.narrow, permissions: ['clipboard-read', 'clipboard-write'] }
    const { page, complaints, close } = await browsing.openPage(browser, `${server.baseUrl}/docs`, context)
    const key = `sk-bf-${crypto.randomUUID()}`
    await page.getByText('Your key in the examples').click()
    await page.getByLabel('Paste a key').fill(key)
    expect(await page.locator('main .code').filter({ hasText: 'YOUR_API_KEY' }).count()).toBe(0)
    expect(await page.locator('main .code').filter({ hasText: key }).count()).toBeGreaterThan(8)
    expect(await browsing.axeFaults(page)).toEqual([])
    await page.locator('.tabs').first().getByRole('button', { name: 'Copy' }).first().click()
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toContain(key)
    const kept = await page.evaluate<string>('JSON.stringify([localStorage, sessionStorage, location.href])')
    expect(kept).not.toContain(key)
    await page.getByLabel('Paste a key').fill('sk-bf-no')
    await page.getByText('A key is sk-bf- and 36 characters.').waitFor()
    expect(await page.locator('main .code').filter({ hasText: key }).count()).toBe(0)
    expect(complaints).toEqual([])
    await close()
  }, 30_000)

  test('what a copy button copies is the example beside it', async () => {
    const context = { viewport: sizes.wide, permissions: ['clipboard-read', 'clipboard-write'] }
    const { page, close } = await browsing.openPage(browser, `${server.baseUrl}/docs`, context)
    await page.getByRole('button', { name: 'Copy' }).first().click()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(copied).toContain(`base_url="${server.baseUrl}/v1/"`)
    await close()
  }, 30_000)
})
