/** The web app's frame in a real browser: light and dark, narrow and wide, by mouse and by keyboard. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { distFolder } from '../../scripts/web.mjs'
import * as ways from '../faults/request-support.ts'
import * as browsing from '../support/browser.ts'
import { noPages, openWith, schemes, scrollsSideways, signedIn, signedOut, sizes } from '../support/pages.ts'
import { startServer, type Server } from '../support/start-server.ts'

const folder = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'mart-screenshots-'))
const why = noPages()
const home = '/dashboard/org_1/home'

describe.skipIf(why !== null)(why === null ? 'the web app' : `the web app (skipped: ${why})`, () => {
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    ;[server, browser] = await Promise.all([startServer(), browsing.startBrowser()])
  }, ways.startMsMax)
  afterAll(async () => {
    await Promise.all([browser.close(), server.stop()])
  })

  for (const colorScheme of schemes)
    for (const [size, viewport] of Object.entries(sizes))
      test(`${colorScheme}, ${size}: nothing to complain of, axe is clean, nothing to scroll sideways`, async () => {
        for (const path of [`${home}?mode=test`, `${home}?mode=live`, '/operator/organizations']) {
          const { page, complaints, close } = await openWith(browser, server.baseUrl + path, signedIn, {
            colorScheme,
            viewport,
          })
          await page.getByRole('heading', { level: 1 }).waitFor()
          await page.screenshot({ path: join(folder, `web${path.replaceAll(/\W+/g, '-')}-${colorScheme}-${size}.png`) })
          expect(await browsing.axeFaults(page), path).toEqual([])
          expect(complaints, path).toEqual([])
          expect(await scrollsSideways(page), path).toBe(false)
          await close()
        }
      }, 60_000)

  test('the first script is under 250 kB, compressed', () => {
    const manifest = JSON.parse(readFileSync(join(distFolder, 'manifest.json'), 'utf8')) as Manifest
    const initial = staticImports(manifest.script)
    const compressed = [...initial, manifest.scheme].map((name) => manifest.files[name]!.gz)
    expect(compressed.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(250_000)
    expect(readdirSync(distFolder).length).toBeGreaterThan(initial.size)
  })

  test('who is not signed in is led to where one signs in, and what was wanted is kept', async () => {
    const { page, complaints, close } = await openWith(browser, `${server.baseUrl}${home}?mode=live`, signedOut, {})
    await page.waitForURL('**/sign-in?*')
    expect(new URL(page.url()).searchParams.get('to')).toBe(`${home}?mode=live`)
    expect(complaints).toEqual([])
    await close()
  }, 30_000)
})

type Manifest = {
  readonly script: string
  readonly scheme: string
  readonly files: Readonly<Record<string, { readonly gz: number }>>
}

/** What a script makes the browser load before it runs. */
function staticImports(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen
  seen.add(name)
  const text = readFileSync(join(distFolder, name), 'utf8')
  for (const [, imported] of text.matchAll(/(?:from|import)\s*"(?:\.|\/assets)\/([\w-]+\.js)"/g))
    staticImports(imported!, seen)
  return seen
}
