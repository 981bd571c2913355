/**
 * Hot reload of `mart.yaml`: when the file has changed, on SIGHUP, and when asked. What is refused
 * changes nothing: the running configuration stays, whatever happens to the file.
 */
import { closeSync, openSync, statSync, watch, type FSWatcher } from 'node:fs'
import { dirname } from 'node:path'
import { describeError } from '../lib/describe-error.ts'
import { isSameConfig } from './load.ts'
import { ConfigError } from './refusal.ts'
import type { MartFile } from './resolve.ts'
import { waitingForRestart } from './restart.ts'

/** `needRestart`: settings that are not what the server was started with and wait for another start, such as `metrics.port`. */
export type Reloaded =
  | { readonly ok: true; readonly changed: boolean; readonly needRestart: readonly string[] }
  | { readonly ok: false; readonly reason: string }

export type FileWatch = {
  /** Reads the file, and the files it names, again. */
  readonly reload: () => Reloaded
  readonly close: () => void
}

type Watched = {
  /** Where the file is, or would be: one that appears later is read then. */
  readonly path: string
  /** What the server was started with. */
  readonly file: MartFile
  /** Throws `ConfigError`. */
  readonly read: () => MartFile
  /** The file is valid and says something else. What this throws refuses it. */
  readonly onChange: (file: MartFile, needRestart: readonly string[]) => void
  /** One line; said once of what stays wrong, unless a signal asks for it again. */
  readonly onRefused: (reason: string) => void
  /** What was refused is valid again, and says what serves anyway. */
  readonly onGoodAgain: () => void
}

/** Watches a file until it is closed. */
export function watchMartFile(watched: Watched): FileWatch {
  let running = watched.file
  let refusedFor: string | null = null
  const read = (tells: 'news' | 'always'): Reloaded => {
    try {
      const file = watched.read()
      const changed = sectionsOf(file).some((section) => !isSameConfig(file[section], running[section]))
      const needRestart = waitingForRestart(watched.file, file)
      if (changed) watched.onChange(file, needRestart)
      else if (refusedFor !== null) watched.onGoodAgain()
      refusedFor = null
      running = file
      return { ok: true, changed, needRestart }
    } catch (error) {
      const reason = error instanceof ConfigError ? error.message : `${watched.path}: ${oneLine(describeError(error))}`
      if (tells === 'always' || reason !== refusedFor) watched.onRefused(reason)
      refusedFor = reason
      return { ok: false, reason }
    }
  }
  const reload = (): Reloaded => read('news')
  const startedInTerminal = process.stdin.isTTY
  const onHangUp = (): void => {
    if (startedInTerminal && !hasTerminal()) process.kill(process.pid, 'SIGTERM')
    // Who sends it has nothing but the log to look at.
    else read('always')
  }
  process.on('SIGHUP', onHangUp)
  const stop = whenSettled(watched.path, reload, watched.onRefused)
  return {
    reload,
    close() {
      process.off('SIGHUP', onHangUp)
      stop()
    },
  }
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ')

/** A terminal that is closed sends SIGHUP as well; what was started there ends with it. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

const sectionsOf = (file: MartFile) => Object.keys(file) as (keyof MartFile)[]

/** A file that did not change for so long has been written. */
const settledMs = 100

/** Calls `onSettled` whenever the file has become another one, in place or by renaming. */
function whenSettled(path: string, onSettled: () => void, onFailure: (reason: string) => void): () => void {
  // As if it had changed: it may have done so between the start and now.
  let known: string | null = null
  let latest = marksOf(path)
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = (): void => {
    timer = undefined
    const marks = marksOf(path)
    if (marks !== latest) {
      latest = marks
      lookSoon()
    } else if (marks !== known) {
      known = marks
      onSettled()
    }
  }
  const lookSoon = (): void => {
    timer ??= setTimeout(look, settledMs)
  }
  lookSoon()
  // Of the folder, because editors put a new file in the place of the old one.
  const watcher = watchFolder(dirname(path), lookSoon, (error) =>
    onFailure(`${path}: changes are not noticed any more (${describeError(error)}); SIGHUP reads it again`),
  )
  return () => {
    clearTimeout(timer)
    watcher?.close()
  }
}

function watchFolder(folder: string, onEvent: () => void, onError: (error: unknown) => void): FSWatcher | null {
  try {
    return watch(folder, { persistent: false }, onEvent).on('error', onError)
  } catch (error) {
    onError(error)
    return null
  }
}

/** What tells a file from the one that was there before; links are followed, as mounted configuration needs it. */
function marksOf(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path)
    return [ino, size, mtimeMs, ctimeMs].join(' ')
  } catch {
    return 'absent' // Reading it will say why.
  }
}
