/** The kit that pages are made of, on a page of its own that no server has: in a real browser, in every scheme and size. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import * as browsing from '../support/browser.ts'
import { schemes, scrollsSideways, sizes } from '../support/pages.ts'
import { testFolder } from '../../src/lib/test-folder.ts'

const folder = process.env['SCREENSHOTS'] ?? testFolder('screenshots')
const title = browsing.chromiumPath === null ? 'the kit (skipped: there is no Chromium here)' : 'the kit'
const url = 'http://kit.test/'

describe.skipIf(browsing.chromiumPath === null)(title, () => {
  let browser: Browser
  let built: ReadonlyMap<string, string>
  beforeAll(async () => {
    ;[browser, built] = await Promise.all([browsing.startBrowser(), buildKit()])
  }, 30_000)
  afterAll(() => browser.close())

  const open = (options: BrowserContextOptions) =>
    browsing.openPage(browser, url, { ...options, locale: 'en-US', timezoneId: 'UTC' }, (page) => serve(page, built))

  for (const colorScheme of schemes)
    for (const [size, viewport] of Object.entries(sizes))
      test(`${colorScheme}, ${size}: nothing to complain of, axe is clean, nothing to scroll sideways`, async () => {
        const { page, complaints, close } = await open({ colorScheme, viewport })
        await page.locator('.recharts-surface').first().waitFor()
        await page.screenshot({ path: join(folder, `kit-${colorScheme}-${size}.png`), fullPage: true })
        expect(await browsing.axeFaults(page)).toEqual([])
        expect(complaints).toEqual([])
        expect(await scrollsSideways(page)).toBe(false)
        await close()
      }, 60_000)

  test('by keyboard rows are gone through and opened, sorted, and columns chosen', async () => {
    const { page, complaints, close } = await open({ viewport: sizes.wide })
    const rows = page.locator('[data-row-button]')
    await rows.first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    expect(await page.locator('tr[data-open] [data-row-button]').innerText()).toBe(await rows.nth(2).innerText())
    await page.getByRole('button', { name: 'Requests', exact: true }).press('Enter')
    expect(await page.locator('th[aria-sort=descending]').innerText()).toContain('Requests')
    await page.getByRole('button', { name: 'Choose columns' }).press('Enter')
    await page.getByRole('checkbox', { name: 'Id' }).press('Space')
    expect(await page.getByRole('columnheader', { name: 'Id' }).isVisible()).toBe(true)
    expect(complaints).toEqual([])
    await close()
  }, 30_000)

  test('what is dangerous is asked for by name, and says what went wrong when it does', async () => {
    const { page, close } = await open({ viewport: sizes.narrow })
    await page.getByRole('button', { name: 'Revoke' }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByRole('button', { name: 'Revoke' }).isDisabled()).toBe(true)
    await dialog.getByLabel('Type production to go on').fill('production')
    await page.keyboard.press('Enter')
    await dialog.getByText('This key has been revoked already.').waitFor()
    await close()
  }, 30_000)

  test('a filter is set and cleared; a chart is read as a table', async () => {
    const { page, close } = await open({ viewport: sizes.wide })
    await page.getByRole('button', { name: 'Request id', exact: true }).click()
    await page.getByRole('textbox', { name: 'Request id' }).fill('req_1')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Request id req_1' }).waitFor()
    await page.getByRole('button', { name: 'Clear Model' }).click()
    expect(await page.getByRole('button', { name: 'Clear Model' }).count()).toBe(0)
    await page.getByRole('button', { name: 'As a table' }).first().click()
    expect(await page.getByRole('region', { name: 'Spend by model, as a table' }).getByRole('row').count()).toBe(49)
    await close()
  }, 30_000)

  test('an amount copies all of its digits', async () => {
    const { page, close } = await open({ viewport: sizes.wide, permissions: ['clipboard-read', 'clipboard-write'] })
    // The clipboard is there for secure pages alone, and this one is none.
    await page.evaluate(
      'globalThis.copied = []; Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { copied.push(text) } } })',
    )
    await page.getByRole('button', { name: 'exactly $1,234.567890123: copy' }).click()
    expect(await page.evaluate<string[]>('copied')).toEqual(['1234.567890123'])
    await close()
  }, 30_000)
})

/** By path. */
async function buildKit(): Promise<ReadonlyMap<string, string>> {
  const { outputs } = await Bun.build({
    entrypoints: [join(import.meta.dir, '../../web/kit/kit.tsx')],
    target: 'browser',
    define: { 'process.env.NODE_ENV': '"production"' },
    naming: '[name].[ext]',
  })
  const texts = await Promise.all(
    outputs.map(async (output) => [`/${output.path.replace(/^\.?\//, '')}`, await output.text()] as const),
  )
  return new Map(texts)
}

const document =
  '<!doctype html><html lang="en"><title>Kit</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/kit.css"><div id="root"></div><script type="module" src="/kit.js"></script>'

const serve = async (page: Page, built: ReadonlyMap<string, string>): Promise<void> => {
  await page.route('**/*', (route) => {
    const { pathname } = new URL(route.request().url())
    const contentType = pathname.endsWith('.js')
      ? 'text/javascript'
      : pathname.endsWith('.css')
        ? 'text/css'
        : 'text/html'
    return route.fulfill({ body: built.get(pathname) ?? document, contentType })
  })
}
