/**
 * What the npm scripts share. Plain Node without a dependency, because these run on a clone where
 * nothing is installed yet.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync, utimesSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const bun = join(root, 'node_modules', 'bun', 'bin', 'bun.exe')
/** A program that a package brought along. */
export const installed = (name) => join(root, 'node_modules', '.bin', name)

const marker = join(root, 'node_modules', '.package-lock.json')
const lockfile = join(root, 'package-lock.json')

/** Installs the dependencies when they are absent or older than the lockfile, and Bun when npm left its install script out. */
export function installWhatIsMissing() {
  if (!isInstalled()) {
    note('installing dependencies')
    // Not `npm ci`: it refuses a lockfile without the binaries of platforms that the registry of its maker lacked.
    // Versions are the lockfile's all the same, and `--no-save` keeps it as it is.
    mustRun('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'])
    // npm leaves its marker alone when there was nothing to do.
    if (existsSync(marker)) utimesSync(marker, new Date(), new Date())
  }
  if (spawnSync(bun, ['--version']).status === 0) return
  note('installing bun')
  mustRun(process.execPath, [join(root, 'node_modules', 'bun', 'install.js')])
}

/** npm writes the marker last, so it dates a complete installation. */
function isInstalled() {
  if (!existsSync(marker)) return false
  return !existsSync(lockfile) || statSync(lockfile).mtimeMs <= statSync(marker).mtimeMs
}

/** Progress goes to stderr: stdout belongs to the program that is started. */
export const note = (text) => void process.stderr.write(`${text}\n`)

/** npm is a script on Windows, which only a shell can start. */
const needsShell = (command) => process.platform === 'win32' && command === 'npm'

function mustRun(command, args) {
  const options = { cwd: root, stdio: ['ignore', process.stderr, process.stderr], shell: needsShell(command) }
  const { status, error } = spawnSync(command, args, options)
  if (status === 0) return
  note(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ` with exit code ${status}`}`)
  process.exit(1)
}

/**
 * Runs a program in our place: same terminal, signals passed on, and this process ends as the program
 * did. A terminal signals its whole foreground group, so what was typed there is not passed on again.
 */
export function runInPlace(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options })
  const alreadyHeard = (signal) => process.stdin.isTTY && signal !== 'SIGTERM'
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => alreadyHeard(signal) || child.kill(signal))
  }
  child.on('error', (error) => {
    note(`${command} could not be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}
