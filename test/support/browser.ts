/** A real browser: Debian's Chromium, driven by Playwright. Tests that need one are skipped by name where there is none. */
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

export const chromiumPath = Bun.which('chromium') ?? Bun.which('chromium-browser')

/** Starts the browser; there must be one. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath!,
    // Chromium's own sandbox refuses to be started by root, as it is in containers.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })

/** A page, and all that it and the network had to complain of. */
export type Watched = { readonly page: Page; readonly complaints: string[]; readonly close: () => Promise<void> }

/** `prepare` sees the page before it goes to the URL. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
  prepare: (page: Page) => Promise<void> = () => Promise.resolve(),
): Promise<Watched> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints = complaintsOf(page)
  await prepare(page)
  await page.goto(url, { waitUntil: 'networkidle' })
  return { page, complaints, close: () => context.close() }
}

/** All that a page and the network complain of from now on. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(`console: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
  // What the page itself gives up, because it asks anew, has not failed.
  page.on(
    'requestfailed',
    (request) =>
      request.failure()?.errorText !== 'net::ERR_ABORTED' && complaints.push(`request failed: ${request.url()}`),
  )
  page.on(
    'response',
    (response) => response.status() >= 400 && complaints.push(`${response.status()}: ${response.url()}`),
  )
  return complaints
}

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] }

/** Until what moves and what fades has come to its end: a colour on its way has no contrast of its own. */
const untilStill = `Promise.allSettled(
  document.getAnimations()
    .filter(({ playState, effect }) => playState === 'running' && effect?.getComputedTiming().endTime !== Infinity)
    .map(({ finished }) => finished))`

/** What axe finds wrong with a page, once that stands still, a line each. What it finds right is neither worked out nor carried here: it is most of a large page. */
export async function axeFaults(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axe.source)
  await page.evaluate(untilStill)
  const violations = await page.evaluate<readonly Violation[]>(
    `axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })))`,
  )
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
}
