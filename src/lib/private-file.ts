/** Files that nobody but their owner can read, whatever the folder's mode and the umask. */
import { chmodSync, closeSync, openSync, statSync } from 'node:fs'

const ownerOnly = 0o600
const othersBits = 0o077

/** Makes the file where there is none, empty; what others could read, they can no longer. Throws where it is somebody else's. */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', ownerOnly))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    closeToOthers(path)
  }
}

/** As `makePrivate`, for a file that may be missing and stay so. Gives whether others could read it until now. */
export function closeToOthers(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isFile() || (found.mode & othersBits) === 0 || process.platform === 'win32') return false
  chmodSync(path, ownerOnly)
  return true
}
