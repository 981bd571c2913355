/** The web app's pages in a real browser, as somebody who is signed in sees them. */
import type { Browser, BrowserContextOptions, Page, Route } from 'playwright-core'
import { buildWebIfChanged } from '../../scripts/web.mjs'
import type { PageOrganizationJson, SessionJson } from '../../src/control/contract-pages.ts'
import { permissionsOf } from '../../src/control/pages/roles.ts'
import { axeFaults, chromiumPath, openPage, type Watched } from './browser.ts'

/** What a page is looked at in. */
export const schemes = ['light', 'dark'] as const
export const sizes = { narrow: { width: 390, height: 844 }, wide: { width: 1440, height: 900 } } as const

/** Why pages cannot be tested here; null when they can. Builds the web app where it changed. */
export function noPages(): string | null {
  if (chromiumPath === null) return 'there is no Chromium here'
  return buildWebIfChanged() ? null : 'the web app could not be built'
}

/** An owner of two organizations who is an operator as well. */
export const ownerSession: SessionJson = {
  person: {
    id: 'per_1',
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    isOperator: true,
    hasSecondFactor: true,
    isShutOut: false,
  },
  organizations: [
    { id: 'org_1', name: 'Analytical Engines', state: 'active', role: 'owner' },
    { id: 'org_2', name: 'Difference Works', state: 'active', role: 'owner' },
  ],
  usualMode: 'live',
}
const owned: PageOrganizationJson = {
  id: 'org_1',
  name: 'Analytical Engines',
  createdAt: '2026-11-01T08:00:00.000Z',
  state: 'active',
  access: 'owner',
  permissions: permissionsOf('owner'),
  balances: [],
}

/** In place of an answer: a stream in which nothing happens. */
const noEvents = Symbol('no events')

/** The owner's frame around a page. */
export const signedIn: Answers = {
  '/api/session': ownerSession,
  '/api/organizations/org_1': owned,
  '/api/organizations/org_1/live': noEvents,
}

export const signedOut: Answers = {
  '/api/session': { person: null, organizations: [], usualMode: null } satisfies SessionJson,
}

/** What the server is taken to answer, by path: for pages whose other side is not what is tested. */
export type Answers = Readonly<Record<string, unknown>>

/** Opens a page with the answers that are given in place of the server's; all others are its own. */
export const openWith = (
  browser: Browser,
  url: string,
  answers: Answers,
  options: BrowserContextOptions,
): Promise<Watched> => openPage(browser, url, options, (page) => answerWith(page, answers))

async function answerWith(page: Page, answers: Answers): Promise<void> {
  for (const [path, value] of Object.entries(answers))
    await page.route(
      (url) => url.pathname === path,
      (route: Route) =>
        route.fulfill(
          value === noEvents ? { contentType: 'text/event-stream', body: ': nothing\n\n' } : { json: value },
        ),
    )
}

/** Whether anything of the page must be scrolled to sideways. */
export const scrollsSideways = (page: Page): Promise<boolean> =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')

/**
 * Looks at a page in every scheme and size, keeps a picture of each, and gives what is wrong there, a line each. axe reads
 * it in two of the four, which show all that a scheme or a size can break; the frame around it, which is another on a
 * phone, is read in all four by a test of its own.
 */
export async function faultsOf(page: Page, pictureOf: (look: string) => string): Promise<string[]> {
  const faults: string[] = []
  for (const colorScheme of schemes)
    for (const [size, viewport] of Object.entries(sizes)) {
      const look = `${colorScheme}-${size}`
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize(viewport)
      await page.screenshot({ path: pictureOf(look) })
      if ((colorScheme === 'light') === (size === 'narrow'))
        for (const fault of await axeFaults(page)) faults.push(`${look}: ${fault}`)
      if (await scrollsSideways(page)) faults.push(`${look}: scrolls sideways`)
    }
  return faults
}
