/** Open dashboards, as browsers have them: told of what happens, and asking again as the pages do. */

export type Visitor = { readonly url: string; readonly cookie: string; readonly organizationId: string }

/** What each page asks for again, and after how long; those of home are `web/src/pages/home`. */
const pages: readonly { readonly path: string; readonly everyMs: number }[] = [
  { path: '/usage?mode=test&zone=UTC&metrics=spend&by=model&from=FROM&to=TO', everyMs: 10_000 },
  { path: '/keys?mode=test&state=active', everyMs: 5_000 },
  { path: '/billing/statement?mode=test&zone=UTC&from=FROM&to=TO', everyMs: 30_000 },
]
const home = '/home?mode=test&zone=UTC'
const homeEveryMs = 15_000
/** As in `use-live.ts`. */
const settleMs = 400
const againMsMin = 3_000
/** Nobody opens all of them at the same moment. */
export const openedWithinMs = 2_000

/** Opens so many: half of them at home, the others at the other pages. Returns what closes them all, and how much they were told. */
export function openDashboards({ url, cookie, organizationId }: Visitor, many: number) {
  const leave = new AbortController()
  const { signal } = leave
  const told = { frames: 0, answers: 0, turnedAway: 0, failed: [] as string[] }
  const api = `${url}/api/organizations/${organizationId}`
  const ask = async (path: string): Promise<void> => {
    const answer = await fetch(api + path, { headers: { cookie }, signal }).catch(() => null)
    const text = await answer?.text().catch(() => '')
    if (signal.aborted) return
    if (answer?.ok) told.answers += 1
    // All of them are one person's: where the machine is busy otherwise, more wait than one may have.
    else if (answer?.status === 429) told.turnedAway += 1
    else told.failed.push(`${path}: ${answer?.status} ${text}`)
  }
  const again = (path: string, everyMs: number): void => {
    void ask(timed(path))
    const timer = setInterval(() => void ask(timed(path)), everyMs)
    signal.addEventListener('abort', () => clearInterval(timer))
  }
  async function watch(): Promise<void> {
    const answer = await fetch(`${api}/live?mode=test`, { headers: { cookie }, signal })
    let isDue = false
    let lastAt = 0
    for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) {
      told.frames += text.split('\n\n').length - 1
      if (isDue || !text.includes('"id"')) continue
      isDue = true
      setTimeout(
        () => {
          isDue = false
          lastAt = performance.now()
          if (!signal.aborted) void Promise.all([ask(home), ask('')])
        },
        Math.max(settleMs, lastAt + againMsMin - performance.now()),
      )
    }
  }
  const open = (index: number): void => {
    if (signal.aborted) return
    if (index % 2 === 1) {
      const { path, everyMs } = pages[(index >> 1) % pages.length]!
      return again(path, everyMs)
    }
    again(home, homeEveryMs)
    void watch().catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
  for (let index = 0; index < many; index += 1) setTimeout(open, (index * openedWithinMs) / many, index)
  return { told, close: () => leave.abort() }
}

/** The last thirty days. */
function timed(path: string): string {
  const now = new Date(Math.ceil(Date.now() / 60_000) * 60_000)
  return path.replace('FROM', new Date(now.getTime() - 30 * 86_400_000).toISOString()).replace('TO', now.toISOString())
}
