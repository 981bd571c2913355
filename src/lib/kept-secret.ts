/** A secret of this installation's own, made at its first start and kept in a file for its owner alone. */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { closeToOthers } from './private-file.ts'

/** 256 random bits and their checksum, the same at every start. The file appears whole or not at all. Throws where it is not what was written. */
export function keptSecret(path: string): string {
  const kept = read(path)
  if (kept !== null) return kept
  const partial = `${path}.${process.pid}`
  const file = openSync(partial, 'w', 0o600)
  writeSync(file, `${summed(randomBytes(32).toString('base64url'))}\n`)
  fsyncSync(file)
  closeSync(file)
  try {
    linkSync(partial, path)
  } catch (error) {
    // Somebody else was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(partial, { force: true })
  }
  return read(path)!
}

const summed = (random: string): string => `${random}.${crc32(random).toString(16).padStart(8, '0')}`

/** Those of before had no checksum. */
const isSecret = (text: string): boolean => {
  const [random = ''] = text.split('.')
  return /^[\w-]{43}$/.test(random) && (text === random || text === summed(random))
}

function read(path: string): string | null {
  try {
    closeToOthers(path)
    const text = readFileSync(path, 'utf8').trim()
    if (!isSecret(text))
      throw new Error(
        `${path} holds no secret of this program, or not the one that was written. Restore it from a backup; without it, remove it: everybody signs in again, and second factors and the secrets of webhooks, which only the old one can read, must be made anew`,
      )
    return text
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw code === undefined ? error : new Error(`${path} cannot be read (${code})`, { cause: error })
  }
}
