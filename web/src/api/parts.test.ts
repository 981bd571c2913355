import { afterEach, expect, test } from 'bun:test'
import { loadPart, loadPartOrPage } from './parts.ts'

const { fetch, location, sessionStorage, setTimeout } = globalThis
const own = { fetch, location, sessionStorage, setTimeout }
afterEach(() => void Object.assign(globalThis, own))

const missing = new TypeError('Failed to fetch dynamically imported module: /assets/charts-1.js')

/** A browser at a page of a server that answers so, one after the other; `null` is not at all. */
function openAt(answers: readonly (number | null)[]) {
  const left = [...answers]
  const kept = new Map<string, string>()
  const seen = { loads: 0, reloads: 0 }
  Object.assign(globalThis, {
    location: { pathname: '/dashboard', reload: () => (seen.reloads += 1) },
    sessionStorage: { getItem: (name: string) => kept.get(name) ?? null, setItem: kept.set.bind(kept) },
    setTimeout: (run: () => void) => queueMicrotask(run),
    fetch: () => {
      const status = left.shift()
      return status === undefined || status === null
        ? Promise.reject(new TypeError('refused'))
        : Promise.resolve({ status })
    },
  })
  /** Fails so many times before it loads. */
  const failing = (times: number) => (): Promise<string> => {
    seen.loads += 1
    return seen.loads <= times ? Promise.reject(missing) : Promise.resolve('part')
  }
  return { seen, failing }
}

test('a part that was asked for while the server was away is loaded when it is back, without loading the page anew', async () => {
  const { seen, failing } = openAt([null, 503, 200])
  expect(await loadPart(failing(1))).toBe('part')
  expect(seen).toEqual({ loads: 2, reloads: 0 })
})

test('where a build was replaced the page is loaded anew, once; after that it is told that it broke', async () => {
  const { seen, failing } = openAt([200, 200, 200])
  const shown = loadPartOrPage(failing(9))
  expect(await Promise.race([shown, Bun.sleep(5).then(() => 'nothing')])).toBe('nothing')
  expect(seen.reloads).toBe(1)
  expect(loadPartOrPage(failing(9))).rejects.toBe(missing)
  expect(seen.reloads).toBe(1)
})
