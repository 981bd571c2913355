/** The playground in a real browser, against a real gateway and its sandbox: what comes, what it costs, what goes wrong. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import * as ways from '../faults/request-support.ts'
import * as browsing from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { openAccount, type Account } from '../support/mart.ts'
import { noPages, openWith, schemes, scrollsSideways, signedOut, sizes } from '../support/pages.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { testFolder } from '../../src/lib/test-folder.ts'

const folder = process.env['SCREENSHOTS'] ?? testFolder('screenshots')
const why = noPages()

describe.skipIf(why !== null)(why === null ? 'the playground' : `the playground (skipped: ${why})`, () => {
  let server: Server
  let browser: Browser
  let account: Account
  beforeAll(async () => {
    ;[server, browser] = await Promise.all([startServer(), browsing.startBrowser()])
    account = await openAccount(server, '50')
  }, ways.startMsMax)
  afterAll(async () => {
    await Promise.all([browser.close(), server.stop()])
  })

  const open = async (options: BrowserContextOptions = { viewport: sizes.wide }) => {
    const opened = await openWith(browser, `${server.baseUrl}/playground`, signedOut, { locale: 'en-US', ...options })
    await opened.page.getByLabel('Key', { exact: true }).fill(account.key)
    await untilModel(opened.page)
    return opened
  }

  for (const colorScheme of schemes)
    for (const [size, viewport] of Object.entries(sizes))
      test(`${colorScheme}, ${size}: an answer streams in, and its charge is that of its receipt`, async () => {
        const { page, complaints, close } = await open({ colorScheme, viewport })
        await page.getByLabel('What to ask').fill('Hello')
        await page.keyboard.press('Enter')
        await page.getByText('Held before').waitFor()
        await page.screenshot({ path: join(folder, `playground-${colorScheme}-${size}.png`), fullPage: true })
        const id = await page.locator('dd code').innerText()
        const receipt = await (
          await fetch(`${server.baseUrl}/v1/receipts/${id}`, { headers: { authorization: `Bearer ${account.key}` } })
        ).json()
        const exact = await page.locator('button', { hasText: 'exactly' }).innerText()
        expect(exact).toContain((receipt as { chargeUsd: string }).chargeUsd)
        expect(await page.locator('article p').last().innerText()).not.toBe('')
        expect(await browsing.axeFaults(page)).toEqual([])
        // A receipt that is not written yet is asked for again.
        expect(complaints.filter((complaint) => !complaint.includes('404'))).toEqual([])
        expect(await scrollsSideways(page)).toBe(false)
        await close()
      }, 60_000)

  test('Gemini answers in its own words, and a picture is shown', async () => {
    const { page, close } = await open()
    await page.getByText('Google GenAI SDK', { exact: true }).click()
    await untilModel(page, 'gemini')
    await page.getByLabel('What to ask').fill('Hello')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('Held before').waitFor()
    await page.getByText('OpenAI SDK', { exact: true }).click()
    await page.getByRole('combobox', { name: 'What to make' }).click()
    await page.getByRole('option', { name: 'A picture' }).click()
    await untilModel(page, 'image')
    await page.getByLabel('What to ask').fill('A lighthouse')
    await page.keyboard.press('Enter')
    const picture = page.getByRole('img', { name: 'A lighthouse' })
    await picture.waitFor()
    expect(await page.evaluate("document.querySelector('article img').decode().then(() => true)")).toBe(true)
    await page.screenshot({ path: join(folder, 'playground-picture.png'), fullPage: true })
    await close()
  }, 60_000)

  test('an error says what is wrong and leads to its page', async () => {
    const { page, close } = await open()
    await page.getByLabel('What to ask').fill('Hello')
    await page.route('**/v1/chat/completions', (route) =>
      route.continue({ postData: '{"model":"gpt-5.4","messages":7}' }),
    )
    await page.getByRole('button', { name: 'Send' }).click()
    const alert = page.getByRole('alert')
    await alert.getByText('messages').first().waitFor()
    await alert.getByRole('link', { name: 'What this means' }).click()
    await page.waitForURL('**/docs/errors/invalid_request')
    await close()
  }, 60_000)

  test('the key is in no storage, no URL and no snippet, and the code is of what is asked', async () => {
    const { page, close } = await open()
    await page.getByLabel('What to ask').fill('It’s “here”')
    for (const language of ['Python', 'TypeScript', 'curl']) {
      await page.getByRole('tab', { name: language }).click()
      const code = await page.getByRole('tabpanel').innerText()
      expect(code).toContain(server.baseUrl)
      expect(code).toContain('It’s “here”')
      expect(code).not.toContain(account.key)
    }
    const kept = await page.evaluate<string>(
      'JSON.stringify([localStorage, sessionStorage, location.href, document.cookie])',
    )
    expect(kept).not.toContain(account.key.slice('sk-bf-'.length))
    await close()
  }, 60_000)
})

/** Until the models of the key are listed, and one is chosen. */
async function untilModel(page: Page, part = ''): Promise<void> {
  const model = page.getByRole('combobox', { name: 'Model' })
  const chosen = async (): Promise<true | null> => {
    const value = await model.inputValue()
    return value !== '' && value.includes(part) ? true : null
  }
  await eventually(chosen, 15_000, () => 'no model was chosen')
}
