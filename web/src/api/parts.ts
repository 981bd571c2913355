/** Parts of the app that are loaded when they are wanted, from a server that may be away or of a newer build by then. */
import { reachableAgain } from './client.ts'

/**
 * Loads a part; while the server cannot be reached it waits for it. Rejects for what a newer build replaced.
 */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load()
  } catch {
    await reachableAgain()
    return load()
  }
}

/** As `loadPart`, for what stands within a page: where its build was replaced, the page is loaded anew, once. */
export async function loadPartOrPage<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await loadPart(load)
  } catch (error) {
    if (!loadsPageOnce(String(error))) throw error
    // Nothing more is shown of this page.
    return new Promise(() => undefined)
  }
}

/** Whether the page is being loaded anew: not a second time for the same reason. */
function loadsPageOnce(reason: string): boolean {
  const name = `loaded anew: ${reason}`
  if (sessionStorage.getItem(name) !== null) return false
  sessionStorage.setItem(name, '1')
  location.reload()
  return true
}
