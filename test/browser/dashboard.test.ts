/** Dashboard and console in a real browser, over a real server with traffic: from the first call to every page, in both themes and widths. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import OpenAI from 'openai'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import * as ways from '../faults/request-support.ts'
import * as browsing from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { mart } from '../support/mart.ts'
import { faultsOf, noPages, sizes } from '../support/pages.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { testFolder } from '../../src/lib/test-folder.ts'

const folder = process.env['SCREENSHOTS'] ?? testFolder('screenshots')
const why = noPages()
const organization = 'org_sandbox'
const shownMsMax = 2_000
const dashboard = (page: string): string =>
  `/dashboard/${organization}/${page}${page.includes('?') ? '&' : '?'}mode=test`
const pages = {
  home: dashboard('home'),
  usage: dashboard('usage'),
  requests: dashboard('requests'),
  keys: dashboard('keys'),
  'keys-make': dashboard('keys?make=key'),
  jobs: dashboard('jobs'),
  files: dashboard('files'),
  billing: dashboard('billing'),
  service: dashboard('service'),
  settings: dashboard('settings'),
  'operator-organizations': `/operator/organizations?organization=${organization}`,
  'operator-service-requests': '/operator/service-requests',
  'operator-deployments': '/operator/deployments',
  'operator-usage': '/operator/usage?mode=test&by=organization&view=margin',
  'operator-ledger': '/operator/ledger',
  'operator-audit': '/operator/audit',
  'operator-configuration': '/operator/configuration',
}

describe.skipIf(why !== null)(why === null ? 'the dashboard' : `the dashboard (skipped: ${why})`, () => {
  let server: Server
  let browser: Browser
  let signedIn: Awaited<ReturnType<BrowserContext['storageState']>>
  beforeAll(async () => {
    ;[server, browser] = await Promise.all([startServer(), browsing.startBrowser()])
  }, ways.startMsMax)
  afterAll(async () => {
    await Promise.all([browser.close(), server.stop()])
  })

  /** As the operator. A page that is told of what happens is never idle, so nobody waits for that. */
  async function open(path: string, options: BrowserContextOptions): Promise<browsing.Watched> {
    const context = await browser.newContext({ storageState: signedIn, reducedMotion: 'reduce', ...options })
    const page = await context.newPage()
    const complaints = browsing.complaintsOf(page)
    await page.goto(server.baseUrl + path)
    return { page, complaints, close: () => context.close() }
  }

  test('from the link that the start prints, by a password, to a first call by the SDK: it is on the screen within two seconds, with what it cost', async () => {
    const context = await browser.newContext({ viewport: sizes.wide, reducedMotion: 'reduce' })
    const page = await context.newPage()
    const complaints = browsing.complaintsOf(page)
    await page.goto(/http:\S+\/setup#\S+/.exec(server.output())![0])
    await page.getByLabel('E-mail address').fill('ada@example.com')
    await page.getByLabel('Your name').fill('Ada Lovelace')
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery staple')
    await page.getByRole('button', { name: 'Make my account' }).click()
    await page.getByText('Waiting for it').waitFor()
    await page.getByText('What happens shows here').waitFor()
    signedIn = await context.storageState()

    await guideThroughKeyAndTypo(page)
    const answer = await clientOf(server)
      .chat.completions.create({ model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hello!' }] })
      .withResponse()
    const answeredAt = performance.now()
    await page.getByRole('region', { name: 'Newest requests' }).getByText('gpt-5.4').waitFor()
    let shownMs = performance.now() - answeredAt
    await page.getByText('1 request', { exact: true }).waitFor()
    await page.getByText('It works').waitFor()
    const charged = `$${answer.response.headers.get('x-mart-charge-usd')}`
    expect(await page.getByRole('region', { name: 'Your first call' }).innerText()).toContain(charged)
    await page.screenshot({ path: join(folder, 'first-call.png') })
    // Where others keep the machine busy, one call may wait for them.
    for (const model of ['gpt-4.1-mini', 'gpt-4.1-nano'])
      if (shownMs > shownMsMax) shownMs = await shownAfter(page, model)
    expect(shownMs).toBeLessThan(shownMsMax)
    expect(complaints).toEqual([])
    await page.getByRole('link', { name: 'See its receipt' }).click()
    await page.getByRole('dialog').getByText('Charged, rounded up once').waitFor()
    await page.goBack()
    await page.getByRole('region', { name: 'Your first call' }).getByRole('button', { name: 'Close' }).click()
    await page.getByText('It works').waitFor({ state: 'detached' })
    await context.close()
  }, 60_000)

  /** A pass of a key is in the code until it ends, and no longer; a call with a typo is shown, and the guide stays. */
  async function guideThroughKeyAndTypo(page: Page): Promise<void> {
    const code = page.getByRole('region', { name: 'Your first call' }).locator('pre:visible')
    await page.clock.install()
    await page.getByRole('combobox', { name: 'Or lend one for ten minutes' }).click()
    await page.getByRole('option', { name: /^first key/ }).click()
    await page.getByText('A pass of the key stands').waitFor()
    expect(await code.innerText()).toMatch(/sk-bf-[0-9a-f-]{36}/)
    await page.clock.fastForward(10 * 60_000)
    await page.getByText('The pass has ended').waitFor()
    expect(await code.innerText()).not.toMatch(/sk-bf-[0-9a-f]/)
    const messages = [{ role: 'user' as const, content: 'Hello!' }]
    const failed = clientOf(server).chat.completions.create({ model: 'gpt5.4', messages })
    await failed.catch(() => undefined)
    await page.getByText('A call arrived and did not succeed: 404 model_not_found').waitFor()
    await page.getByText('Waiting for the next one').waitFor()
    expect(await browsing.axeFaults(page)).toEqual([])
  }

  /** How long after its answer a further call is on the screen, ms. */
  async function shownAfter(page: Page, model: string): Promise<number> {
    await clientOf(server).chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello!' }] })
    const answeredAt = performance.now()
    await page.getByRole('region', { name: 'Newest requests' }).getByText(model).waitFor()
    return performance.now() - answeredAt
  }

  test('what a page says was spent is what the ledger says, to the nano', async () => {
    const client = clientOf(server)
    for (const model of ['gpt-5.4-mini', 'gpt-4.1', 'text-embedding-3-small'])
      await (model.startsWith('text')
        ? client.embeddings.create({ model, input: 'hi' })
        : client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello!' }] }))
    await client.chat.completions.create({ model: 'gpt-9', messages: [] }).catch(() => undefined)
    const { page, close } = await open(pages.usage, { viewport: sizes.wide, locale: 'en-US' })
    await page.getByText('text-embedding-3-small').first().waitFor()
    const told = (await page
      .getByRole('button', { name: /exactly \$/ })
      .first()
      .textContent())!
    const exact = /exactly \$([\d.]+)/.exec(told)![1]!
    const usage = await mart<{ total: { chargeNano: string } }>(server, ['usage', '--org', organization, '--test'])
    expect(nanoOf(exact)).toBe(usage.total.chargeNano)
    await close()
  }, 60_000)

  for (const [name, path] of Object.entries(pages))
    test(`${name}: axe clean, without a complaint and without scrolling sideways, light and dark, narrow and wide`, async () => {
      const { page, complaints, close } = await open(path, {})
      await page.getByRole('heading', { level: 1, includeHidden: true }).waitFor()
      await page.locator('[class*=Skeleton]').first().waitFor({ state: 'detached' })
      expect(await faultsOf(page, (look) => join(folder, `${name}-${look}.png`))).toEqual([])
      expect(complaints).toEqual([])
      await close()
    }, 60_000)

  test('a receipt is opened by keyboard from the list, adds up, and is in the URL', async () => {
    const { page, close } = await open(pages.requests, { viewport: sizes.wide, locale: 'en-US' })
    const first = page.getByRole('button', { name: /gpt-5\.4/ }).first()
    await first.focus()
    await page.keyboard.press('Enter')
    const receipt = page.getByRole('dialog')
    await receipt.getByText('Charged, rounded up once').waitFor()
    expect(new URL(page.url()).searchParams.get('request')).toStartWith('req_')
    const amounts = await exactIn(receipt.getByRole('region', { name: 'How its money moved' }))
    expect(amounts[0]).toBe(amounts[1]! + amounts[2]!)
    await close()
  }, 60_000)

  test('a key is made, its secret is shown once and works, and it is revoked', async () => {
    const { page, close } = await open(pages['keys-make'], { viewport: sizes.wide })
    await page.getByLabel('Name').fill('from the page')
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    const secret = (await page.getByLabel('The key', { exact: true }).textContent())!
    expect(secret).toMatch(/^sk-bf-[0-9a-f-]{36}$/)
    const models = async () =>
      (await fetch(`${server.baseUrl}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })).status
    expect(await models()).toBe(200)
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('button', { name: /from the page/ }).click()
    await page.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('dialog', { name: /Revoke/ }).waitFor()
    // Escape leaves the question alone; the key stays shown beside the list.
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: /Revoke/ }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Revoke' }).click()
    await page
      .getByRole('dialog', { name: /Revoke/ })
      .getByRole('button', { name: 'Revoke' })
      .click()
    await page.getByText('That is final').waitFor()
    expect(await models()).toBe(401)
    await close()
  }, 60_000)

  test('somebody who may use the keys calls with one from a list, told which mode it is of, and gets the receipt', async () => {
    const { page, complaints, close } = await open(pages.home, { viewport: sizes.narrow, locale: 'en-US' })
    await page.getByRole('button', { name: 'Open the navigation' }).click()
    await page.getByRole('link', { name: 'Playground' }).click()
    const key = page.getByRole('combobox', { name: 'Key' })
    const isChosen = async () => ((await key.inputValue()).startsWith('first key') ? true : null)
    await eventually(isChosen, 15_000, () => 'no key was chosen')
    await page.locator('main').getByText('paid with test credit').waitFor()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByRole('link', { name: 'How it went' }).waitFor()
    expect(page.url()).not.toContain('sk-bf-')
    expect(await browsing.axeFaults(page)).toEqual([])
    // A receipt that is not written yet is asked for again; what the page before still asked for ended with it.
    expect(complaints.filter((complaint) => !/404|^request failed/.test(complaint))).toEqual([])
    await key.click()
    await page.getByRole('option', { name: 'Paste a key' }).click()
    await page.getByLabel('The key', { exact: true }).waitFor()
    expect(await page.getByRole('region', { name: 'Mode' }).count()).toBe(0)
    // The same key in the reference's examples: by a pass, which works.
    await page.goto(`${server.baseUrl}/docs`)
    await page.getByText('Your key in the examples').click()
    await page.getByLabel('Or choose one of yours').selectOption({ label: 'first key' })
    await page.getByText('A pass of this key stands in every example.').waitFor()
    const [secret] = /sk-bf-[0-9a-f-]{36}/.exec(await page.locator('.panel.bash').first().innerText()) ?? ['']
    const models = await fetch(`${server.baseUrl}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })
    expect(models.status).toBe(200)
    await close()
  }, 60_000)

  test('what is not found leaves one signed in, odd values in a URL are none, and members see that their organization is suspended', async () => {
    const { page, close } = await open('/dashboard/org_nope/home', { viewport: sizes.wide })
    await page.getByRole('heading', { name: 'Not found' }).waitFor()
    await page.getByText('ada@example.com').waitFor()
    const suspended = await page.request.post(`${server.baseUrl}/api/operator/organizations/${organization}/suspend`, {
      data: {},
      headers: { origin: server.baseUrl },
    })
    expect(suspended.status()).toBe(200)
    const odd = dashboard('usage?zone=Mars/X&range=zzz&by=%00&unit=eon&view=x&from=9999-99-99&model=%3Cscript%3E')
    await page.goto(server.baseUrl + odd)
    await page.getByText('Nothing was used in this period').waitFor()
    await page.goto(server.baseUrl + dashboard('home'))
    await page.getByText('is suspended').waitFor()
    await page.getByRole('heading', { name: 'Home' }).waitFor()
    expect(await browsing.axeFaults(page)).toEqual([])
    await close()
  }, 60_000)
})

/** Makes the operator's account by the link that a first start prints; the context is signed in then. */
const clientOf = (server: Server): OpenAI =>
  new OpenAI({
    baseURL: `${server.baseUrl}/v1/`,
    apiKey: /sk-bf-[0-9a-f-]{36}/.exec(server.output())![0],
    maxRetries: 0,
  })

/** The exact amounts within something, in nano-USD, in its order. */
async function exactIn(within: ReturnType<Page['getByRole']>): Promise<bigint[]> {
  const texts = await within.getByRole('button', { name: /exactly \$/ }).allTextContents()
  return texts.map((text) => BigInt(nanoOf(/exactly \$([\d.,]+)/.exec(text)![1]!.replaceAll(',', ''))))
}

const nanoOf = (usd: string): string => {
  const [whole = '0', fraction = ''] = usd.split('.')
  return BigInt(whole + fraction.padEnd(9, '0')).toString()
}
