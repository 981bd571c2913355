/** A page of another origin calls the gateway in a real browser, by `fetch` and by both official SDKs. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import * as ways from '../faults/request-support.ts'
import * as browsing from '../support/browser.ts'
import type { Account } from '../support/mart.ts'
import { startServer, type Server } from '../support/start-server.ts'

const title =
  browsing.chromiumPath === null
    ? 'a page of another origin (skipped: there is no Chromium here)'
    : 'a page of another origin'

type Told = Readonly<Record<string, unknown>>

describe.skipIf(browsing.chromiumPath === null)(title, () => {
  let server: Server
  let strict: Server
  let browser: Browser
  let account: Account
  let site: Bun.Server<undefined>
  let opened: browsing.Watched
  beforeAll(async () => {
    const { env } = ways.configured("cors: { origins: ['https://somewhere.example'] }")
    ;[server, strict, browser] = await Promise.all([startServer(), startServer({ env }), browsing.startBrowser()])
    account = await ways.openPurse(server, '5.00', { concurrency: null })
    const built = await Bun.build({ entrypoints: [join(import.meta.dir, 'calling-page.ts')], target: 'browser' })
    const script = await built.outputs[0]!.text()
    site = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: ({ url }) =>
        url.endsWith('.js')
          ? new Response(script, { headers: { 'content-type': 'text/javascript' } })
          : new Response(
              '<!doctype html><title>x</title><link rel="icon" href="data:,"><script src="/page.js"></script>',
              {
                headers: { 'content-type': 'text/html' },
              },
            ),
    })
    opened = await browsing.openPage(browser, `http://localhost:${site.port}/`, {})
  }, ways.startMsMax)
  afterAll(async () => {
    await opened.close()
    await Promise.all([browser.close(), site.stop(true), server.stop(), strict.stop()])
  })

  const called = (name: string, at = server): Promise<Told> =>
    opened.page.evaluate<Told>(`calls.${name}(${JSON.stringify({ baseUrl: at.baseUrl, key: account.key })})`)

  test('reads answers, and what they cost', async () => {
    const { text, id, charge } = await called('fetched')
    expect(text).not.toBe('')
    expect(charge).toMatch(/^\d+\.\d+$/)
    expect((await ways.settledOf(server, account, String(id))).ending).toBe('completed')
  }, 30_000)

  test('reads streams', async () => {
    const { text, id } = await called('fetchedStream')
    expect(text).toEndWith('data: [DONE]\n\n')
    expect(id).toMatch(/^req_/)
  }, 30_000)

  test('reads refusals', async () => {
    const { status, text } = await called('refused')
    expect(status).toBe(401)
    expect(text).toContain('invalid_api_key')
    expect((await called('wrongUrl'))['message']).toContain(`${server.baseUrl}/v1/`)
  }, 30_000)

  for (const name of ['sdk', 'sdkStream', 'genai', 'genaiStream'])
    test(`calls by the official SDK: ${name}`, async () => {
      expect((await called(name))['text']).toMatch(/\S/)
    }, 30_000)

  test('is told by the official SDK which request was refused', async () => {
    expect(await called('sdkLimit')).toEqual({ status: 404, id: expect.stringMatching(/^req_/) })
  }, 30_000)

  test('that the operator does not allow reads nothing', async () => {
    expect(await called('fetched', strict).then(String, String)).toContain('Failed to fetch')
  }, 30_000)
})
