/** Jobs and files in a real browser, as they are told by a server. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import type { PageFileJson, PageJobJson } from '../../src/control/contract-pages.ts'
import * as ways from '../faults/request-support.ts'
import * as browsing from '../support/browser.ts'
import { faultsOf, noPages, openWith, signedIn, sizes, type Answers } from '../support/pages.ts'
import { startServer, type Server } from '../support/start-server.ts'
import { testFolder } from '../../src/lib/test-folder.ts'

const folder = process.env['SCREENSHOTS'] ?? testFolder('screenshots')
const why = noPages()

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString()
const open: PageJobJson = {
  requestId: 'req_0192f0c0a1b27c3d8e4f5a6b7c8d9e0f',
  keyId: 'key_1',
  mode: 'test',
  kind: 'video',
  resourceId: 'video_68e1f3a92c4d81908f1c2ab5d6e7f8a9',
  model: 'sora-2',
  endpoint: 'videos',
  region: 'us',
  createdAt: ago(2),
  state: 'open',
  ending: null,
  reservedNano: '400000000',
  heldNano: '400000000',
  chargeNano: null,
  endedAt: null,
  checks: 3,
  nextCheckAt: ago(-0.1),
  expiresAt: ago(-2_000),
  isThere: true,
  status: 'in_progress',
  progress: 42,
  size: '720x1280',
  seconds: '4',
}
const charged = { state: 'settled', ending: 'completed', reservedNano: '0', nextCheckAt: null, progress: 100 } as const
const done: PageJobJson = { ...open, ...charged, requestId: 'req_2', chargeNano: '400000000', endedAt: ago(30) }
const failed: PageJobJson = { ...done, requestId: 'req_3', state: 'void', ending: 'upstream-failed', chargeNano: '0' }
const file: PageFileJson = {
  id: 'file-8f1c2ab5d6e7f8a9',
  keyId: 'key_1',
  mode: 'test',
  region: 'us',
  purpose: 'user_data',
  filename: 'contract-2026.pdf',
  bytes: 1_234_567,
  createdAt: ago(70),
  expiresAt: null,
}
const told: Answers = {
  ...signedIn,
  '/api/organizations/org_1/jobs': { data: [open, done, failed], hasMore: false },
  '/api/organizations/org_1/files': { data: [file], hasMore: false },
}
const nothing: Answers = {
  ...signedIn,
  '/api/organizations/org_1/jobs': { data: [], hasMore: false },
  '/api/organizations/org_1/files': { data: [], hasMore: false },
}

describe.skipIf(why !== null)(why === null ? 'jobs and files' : `jobs and files (skipped: ${why})`, () => {
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    ;[server, browser] = await Promise.all([startServer(), browsing.startBrowser()])
  }, ways.startMsMax)
  afterAll(async () => {
    await Promise.all([browser.close(), server.stop()])
  })

  for (const [name, answers] of Object.entries({ told, nothing }))
    for (const path of ['jobs', 'files'])
      test(`${path}, ${name}: nothing to complain of, axe is clean, nothing to scroll sideways, light and dark, narrow and wide`, async () => {
        const url = `${server.baseUrl}/dashboard/org_1/${path}?mode=test`
        const { page, complaints, close } = await openWith(browser, url, answers, { reducedMotion: 'reduce' })
        await page.getByRole('heading', { level: 1 }).waitFor()
        await page
          .getByText(name === 'nothing' ? 'yet' : path === 'jobs' ? 'Failed' : 'contract-2026.pdf')
          .first()
          .waitFor()
        expect(await faultsOf(page, (look) => join(folder, `${path}-${name}-${look}.png`))).toEqual([])
        expect(complaints).toEqual([])
        await close()
      }, 60_000)

  test('a job is opened by keyboard, says what becomes of its money, and is in the URL', async () => {
    const url = `${server.baseUrl}/dashboard/org_1/jobs?mode=test`
    const { page, complaints, close } = await openWith(browser, url, told, {
      viewport: sizes.wide,
      reducedMotion: 'reduce',
    })
    await page.getByRole('button', { name: /Video/ }).first().focus()
    await page.keyboard.press('Enter')
    const drawer = page.getByRole('dialog')
    await drawer.getByText('What it can cost at most is set aside').waitFor()
    expect(new URL(page.url()).searchParams.get('job')).toBe(open.requestId)
    await page.screenshot({ path: join(folder, 'job-open.png') })
    expect(await browsing.axeFaults(page)).toEqual([])
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
    await close()
  }, 30_000)
})
