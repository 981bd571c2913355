/** From the first start to a second member, in a real browser, against a real server: nothing of the other side is given. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { codeAt } from '../../src/control/people/test-authenticator.ts'
import * as ways from '../faults/request-support.ts'
import * as browsing from '../support/browser.ts'
import { faultsOf, noPages, openWith, ownerSession, sizes } from '../support/pages.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { testFolder } from '../../src/lib/test-folder.ts'

const folder = process.env['SCREENSHOTS'] ?? testFolder('screenshots')
const why = noPages()
const password = 'correct horse battery'

describe.skipIf(why !== null)(why === null ? 'people' : `people (skipped: ${why})`, () => {
  let server: Server
  let browser: Browser
  /** At a name, because browsers know passkeys at names alone. */
  let base: string
  let context: BrowserContext
  let page: Page
  let totp = ''
  let backupCodes: string[] = []
  beforeAll(async () => {
    ;[server, browser] = await Promise.all([startServer(), browsing.startBrowser()])
    base = server.baseUrl.replace('127.0.0.1', 'localhost')
    context = await browser.newContext({ viewport: sizes.wide })
    page = await context.newPage()
  }, ways.startMsMax)
  afterAll(async () => {
    await browser.close()
    await server.stop()
  })

  /** Looks at a page that is shown, in every scheme and size, and keeps what it looks like. */
  const look = async (shown: Page, name: string): Promise<void> => {
    expect(await faultsOf(shown, (seen) => join(folder, `${name}-${seen}.png`)), name).toEqual([])
    await shown.setViewportSize(sizes.wide)
  }
  const typeCode = async (shown: Page, code: string): Promise<void> => {
    await shown.getByLabel('Digit 1').focus()
    await shown.keyboard.type(code)
  }

  test('the link that the start printed makes the first operator, whose token leaves the address, and who sets up a second factor', async () => {
    const printed = /http:\S+\/setup#\S+/.exec(server.output())![0]
    await page.goto(printed.replace('127.0.0.1', 'localhost'))
    await page.getByLabel('E-mail address').fill('ann@example.com')
    expect(page.url()).toBe(`${base}/setup`)
    await look(page, 'setup')
    await page.getByLabel('Your name').fill('Ann')
    await page.getByLabel('Password', { exact: true }).fill('short')
    await page.getByRole('button', { name: 'Make my account' }).click()
    expect(page.url()).toBe(`${base}/setup`)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Make my account' }).click()

    await page.waitForURL('**/dashboard/org_sandbox/home*')
    await page.goto(`${base}/operator`)
    await page.getByRole('button', { name: 'Later' }).waitFor()
    await page.getByRole('link', { name: 'Set up a second factor' }).click()
    await page.waitForURL('**/account?begin=second-factor')
    await page.getByLabel('Your password').fill(password)
    await page.getByRole('button', { name: 'Go on' }).click()
    const secret = await page.getByText(/^[A-Z2-7]{32,}$/).innerText()
    totp = `otpauth://totp/x?secret=${secret}`
    await page.getByRole('img', { name: 'The secret' }).waitFor()
    await look(page, 'second-factor')
    await typeCode(page, codeAt(totp, Date.now()))
    await page.getByText('Keep these backup codes').waitFor()
    backupCodes = await page.locator('li code').allInnerTexts()
    expect(backupCodes).toHaveLength(10)
    await page.getByLabel('I have kept them').check()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('button', { name: 'New backup codes' }).waitFor()
    await look(page, 'account')

    const again = await context.newPage()
    await again.goto(printed.replace('127.0.0.1', 'localhost'))
    await again.getByText('This link does not work any more').waitFor()
    await again.close()
  }, 120_000)

  test('signing in asks for the second factor before anything is shown, and a backup code is as good, once', async () => {
    const elsewhere = await browser.newContext({ viewport: sizes.wide })
    const sign = await elsewhere.newPage()
    await sign.goto(`${base}/dashboard`)
    await sign.getByRole('heading', { name: 'Sign in' }).waitFor()
    await look(sign, 'sign-in')
    await sign.getByLabel('E-mail address').fill('ann@example.com')
    await sign.getByLabel('Password', { exact: true }).fill('a wrong password')
    await sign.getByRole('button', { name: 'Sign in', exact: true }).click()
    await sign.getByText('The e-mail address or the password is wrong.').waitFor()
    await sign.getByLabel('Password', { exact: true }).fill(password)
    await sign.keyboard.press('Enter')
    await sign.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
    await look(sign, 'sign-in-code')
    // Whoever leaves here is signed in nowhere.
    await sign.goto(`${base}/account`)
    await sign.getByRole('heading', { name: 'Sign in' }).waitFor()
    await sign.goBack()
    await typeCode(sign, '000000')
    await sign.getByText('The code is wrong').waitFor()
    await sign.getByRole('button', { name: 'I do not have the app at hand' }).click()
    await sign.getByLabel('Backup code').fill(backupCodes[0]!)
    await sign.keyboard.press('Enter')
    await sign.waitForURL('**/dashboard/org_sandbox/home*')

    await page.reload()
    await page.getByRole('button', { name: 'End', exact: true }).click()
    await page.getByText('This one').waitFor()
    await page.getByRole('button', { name: 'End', exact: true }).waitFor({ state: 'detached' })
    await sign.goto(`${base}/account`)
    await sign.getByRole('heading', { name: 'Sign in' }).waitFor()
    await elsewhere.close()
  }, 120_000)

  test('a passkey signs in by itself where its device recognises its owner, and not where it does not', async () => {
    const devices = await context.newCDPSession(page)
    await devices.send('WebAuthn.enable')
    const device = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    } as const
    const { authenticatorId } = await devices.send('WebAuthn.addVirtualAuthenticator', { options: device })
    await page.goto(`${base}/account`)
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByLabel('What you know it by').fill('My laptop')
    await page.getByRole('button', { name: 'Go on to the device' }).click()
    await page.getByText('My laptop').waitFor()
    await page.getByRole('button', { name: 'Ann' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()

    await devices.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByText('The browser gave no passkey').waitFor()
    await devices.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.waitForURL('**/dashboard/org_sandbox/home*')
  }, 60_000)

  test('an invited member comes in by a link, sees what the role allows, and no more from the click on that it changes', async () => {
    await page.goto(`${base}/dashboard/org_sandbox/settings?mode=test`)
    await page.getByRole('button', { name: 'Invite somebody' }).click()
    await page.getByLabel('E-mail address').fill('Bob@Example.com')
    await page.getByLabel('Developer').check()
    await look(page, 'invite')
    await page.getByRole('button', { name: 'Invite', exact: true }).click()
    const link = await page.getByLabel('The link').innerText()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByText('bob@example.com').waitFor()
    await look(page, 'settings')

    const theirs = await browser.newContext({ viewport: sizes.wide })
    const bob = await theirs.newPage()
    await bob.goto(link)
    await bob.getByText('Ann invites').waitFor()
    await look(bob, 'invitation')
    await bob.getByLabel('Your name').fill('Bob')
    await bob.getByLabel('Password', { exact: true }).fill(password)
    await bob.getByRole('button', { name: 'Make my account and join' }).click()
    await bob.waitForURL('**/dashboard/org_sandbox/home*')
    await bob.getByRole('link', { name: 'Keys' }).waitFor()
    expect(await bob.getByRole('link', { name: 'Billing' }).count()).toBe(0)
    await bob.goto(`${base}/dashboard/org_sandbox/billing?mode=test`)
    await bob.getByRole('heading', { name: 'Your role does not show billing' }).waitFor()
    await bob.getByRole('link', { name: 'who they are' }).waitFor()
    await bob.goto(`${base}/operator/organizations`)
    await bob.getByRole('heading', { name: 'not', exact: false }).waitFor()
    await bob.goto(`${base}/dashboard/org_sandbox/settings?mode=test`)
    await bob.getByText('ann@example.com').waitFor()
    expect(await bob.getByRole('button', { name: 'Invite somebody' }).count()).toBe(0)

    await page.reload()
    await page.getByText('One member has no second factor').waitFor()
    await page.getByRole('button', { name: 'Ask everybody for a second factor' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Ask everybody' }).click()
    await page.getByText('Everybody here needs a second factor').waitFor()
    await look(page, 'settings-security')
    await bob.reload()
    await bob.getByText('A second factor is needed here').waitFor()
    await bob.getByRole('button', { name: 'Set up' }).waitFor()
    await look(bob, 'show-second-factor')
    await page.getByRole('button', { name: 'Ask for it no more' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Ask for it no more' }).click()
    await page.getByRole('button', { name: 'Ask everybody for a second factor' }).waitFor()
    await bob.reload()

    await page.getByRole('combobox', { name: 'Role of Bob' }).click()
    await page.getByRole('option', { name: 'Viewer' }).click()
    await page.getByRole('button', { name: 'Remove' }).waitFor()
    await bob.goto(`${base}/dashboard/org_sandbox/keys?mode=test`)
    await bob.getByRole('heading', { level: 1, name: 'Keys' }).waitFor()
    expect(await bob.getByRole('button', { name: 'Create a key' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('bob@example.com', { exact: true }).waitFor({ state: 'detached' })
    await bob.goto(`${base}/dashboard`)
    await bob.getByText('You are in no organization yet').waitFor()
    await theirs.close()
  }, 120_000)

  test('operators see everybody, and hand out links to those who cannot sign in', async () => {
    await page.goto(`${base}/operator/people`)
    await page.getByText('bob@example.com').waitFor()
    await look(page, 'operator-people')
    await page.getByRole('button', { name: 'What can be done for Bob' }).click()
    await page.getByRole('menuitem', { name: 'Link for a new password' }).click()
    const link = await page.getByLabel('The link').innerText()
    const theirs = await browser.newContext({ viewport: sizes.wide })
    const bob = await theirs.newPage()
    await bob.goto(link)
    await bob.getByLabel('New password of bob@example.com').fill('another horse battery')
    await look(bob, 'reset-password')
    await bob.getByRole('button', { name: 'Set the password' }).click()
    await bob.getByText('You are in no organization yet').waitFor()
    await theirs.close()

    // An organization that has nobody yet gets its first owner.
    await page.goto(`${base}/operator/organizations`)
    await page.getByRole('button', { name: 'Sandbox' }).first().click()
    await page.getByRole('button', { name: 'Invite somebody' }).click()
    await page.getByLabel('E-mail address').fill('carol@example.com')
    await page.getByRole('button', { name: 'Invite', exact: true }).click()
    expect(await page.getByLabel('The link').innerText()).toStartWith(`${base}/invitation#`)
  }, 60_000)

  test('the last owner neither leaves nor loses the role, and is told what to do', async () => {
    await page.goto(`${base}/dashboard/org_sandbox/settings?mode=test`)
    await page.getByRole('button', { name: 'Leave Sandbox' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click()
    await page.getByText('Make somebody else an owner first').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    const next = await context.newPage()
    await next.goto(`${base}/forgot-password`)
    await next.getByText('This gateway sends no mail').waitFor()
    await look(next, 'forgot-password')
    await next.goto(`${base}/sign-up`)
    await next.getByText('New accounts are by invitation here').waitFor()
    await look(next, 'sign-up')
    await next.close()
  }, 60_000)

  test('where anybody may sign up, a newcomer asks for a link, and makes the first organization', async () => {
    const given = {
      '/api/sign-in': {
        signUp: 'open',
        provider: { name: 'Acme SSO' },
        hasMail: true,
        hasPasskeys: true,
        hasOperator: true,
      },
      '/api/session': { person: null, organizations: [], usualMode: null },
      '/api/sign-up': {},
    }
    const asked = await openWith(browser, `${base}/sign-in`, given, { viewport: sizes.wide })
    await asked.page.getByRole('button', { name: 'Sign in with Acme SSO' }).waitFor()
    await look(asked.page, 'sign-in-open')
    await asked.page.getByRole('link', { name: 'Make one' }).click()
    await asked.page.waitForURL('**/sign-up')
    await asked.page.getByRole('heading', { name: 'Sign up' }).waitFor()
    await asked.page.getByLabel('E-mail address').fill('carol@example.com')
    await asked.page.getByRole('button', { name: 'Send me a link' }).click()
    await asked.page.getByText('Look into your mail').waitFor()
    expect(await asked.page.locator('main').innerText()).toContain('a mail to carol@example.com is on its way')
    await look(asked.page, 'sign-up-sent')
    await asked.close()
    const inside = { ...given, '/api/session': { ...ownerSession, organizations: [] } }
    const nowhere = { ...inside['/api/session'], person: { ...ownerSession.person, isOperator: false } }
    const made = await openWith(
      browser,
      `${base}/dashboard`,
      { ...inside, '/api/session': nowhere, '/api/organizations': { id: 'org_9', name: 'Acme' } },
      { viewport: sizes.wide },
    )
    await made.page.getByLabel('Name of your organization').fill('Acme')
    await look(made.page, 'no-organization')
    await made.page.getByRole('button', { name: 'Make it' }).click()
    await made.page.waitForURL('**/dashboard/org_9/home*')
    await made.close()
  }, 60_000)

  test('clickjacking: no page of sign-in is shown in a frame', async () => {
    for (const path of ['/sign-in', '/setup', '/invitation', '/account', '/dashboard/org_sandbox/settings']) {
      const { headers } = await fetch(server.baseUrl + path, { headers: { accept: 'text/html' } })
      expect([path, headers.get('content-security-policy')]).toEqual([
        path,
        expect.stringContaining("frame-ancestors 'none'"),
      ])
    }
  })
})
