/** A secret of this installation's own, made at its first start and kept in a file for its owner alone. */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { closeToOthers } from './private-file.ts'

/** 256 random bits, the same at every start. The file appears whole or not at all. */
export function keptSecret(path: string): string {
  const kept = read(path)
  if (kept !== null) return kept
  const partial = `${path}.${process.pid}`
  const file = openSync(partial, 'w', 0o600)
  writeSync(file, `${randomBytes(32).toString('base64url')}\n`)
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

function read(path: string): string | null {
  try {
    closeToOthers(path)
    const text = readFileSync(path, 'utf8').trim()
    if (text.length < 32) throw new Error(`${path} holds no secret of this program; restore it, or remove it`)
    return text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
