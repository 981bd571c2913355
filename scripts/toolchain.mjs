/**
 * What the npm scripts share. Plain Node without a dependency, because these run on a clone where
 * nothing is installed yet.
 */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const bun = join(root, 'node_modules', 'bun', 'bin', 'bun.exe')
/** A program that a package brought along. */
export const installed = (name) => join(root, 'node_modules', '.bin', name)

/** npm writes it last, so it tells an installation that was not interrupted, and what it came to. */
const marker = join(root, 'node_modules', '.package-lock.json')
const lockfile = join(root, 'package-lock.json')

/**
 * Installs what is absent, half there or not of the lockfile's version, and repairs Bun where its binary does
 * not run. What serves needs no development packages; they are left out unless they are there already.
 */
export function installWhatIsMissing({ toServe = false } = {}) {
  if (!isInstalled(toServe)) installPackages(toServe)
  // npm may leave Bun's install script out; where what that script works on is broken too, it is fetched again.
  for (const repair of [installBun, () => installPackages(toServe), installBun]) {
    if (runs(bun)) return
    repair()
  }
  if (runs(bun)) return
  note(`${bun} does not run, and installing it again did not help`)
  process.exit(1)
}

/** Whether all that is needed was installed, and all that was installed is there, each in the locked version. */
function isInstalled(toServe) {
  const installed = packagesOf(marker)
  if (installed === null) return false
  const isNeeded = ({ dev, optional, devOptional }) => !optional && !(toServe && (dev || devOptional))
  const isAsLocked = ([path, locked]) =>
    path in installed ? installed[path].version === locked.version : !isNeeded(locked)
  const isThere = ([path, { version }]) => readJson(join(root, path, 'package.json'))?.version === version
  const { '': _project, ...locked } = packagesOf(lockfile) ?? {}
  return Object.entries(locked).every(isAsLocked) && Object.entries(installed).every(isThere)
}

const packagesOf = (path) => readJson(path)?.packages ?? null

/** null for what is not there or was cut short. */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

function installPackages(toServe) {
  const hasDevelopment = Object.values(packagesOf(marker) ?? {}).some(({ dev }) => dev)
  const omitsDevelopment = toServe && !hasDevelopment
  note(
    omitsDevelopment
      ? 'installing dependencies, which takes up to a minute'
      : 'installing dependencies, those of development as well, which takes up to a minute',
  )
  // `npm ci` begins by taking all away, from which a server may be running that has yet to load a part.
  const adds = !toServe && isInstalled(true)
  const way = adds ? ['install', '--no-save'] : ['ci']
  const args = [...way, omitsDevelopment ? '--omit=dev' : '--include=dev', '--no-audit', '--no-fund']
  const { status, error, stderr } = spawnSync('npm', [...args, ...patience], {
    cwd: root,
    stdio: ['ignore', process.stderr, 'pipe'],
    encoding: 'utf8',
    shell: needsShell('npm'),
  })
  if (status === 0) return
  const unreachable = unreachableIn(stderr ?? '')
  if (unreachable === null) {
    process.stderr.write(stderr ?? '')
    note(`npm ${args.join(' ')} failed${error ? `: ${error.message}` : ` with exit code ${status}`}`)
  } else note(`the package registry that npm is set to cannot be reached (${unreachable}); is this machine online?`)
  process.exit(1)
}

/** A registry that gives no byte for 12 s is tried twice, and npm may do that twice over: one that is away ends within a minute. npm’s own are three of five minutes. */
const patience = ['--fetch-retries=1', '--fetch-timeout=12000', '--fetch-retry-mintimeout=1000', '--loglevel=error']

/** npm's code for a registry that cannot be reached; null where something else is wrong. */
function unreachableIn(said) {
  const [, code = null] =
    /\bcode (ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|E\w*TIMEOUT|FETCH_ERROR)\b/.exec(
      said,
    ) ?? []
  return code
}

function installBun() {
  note('installing bun')
  runQuietly(process.execPath, [join(root, 'node_modules', 'bun', 'install.js')])
}

/** An empty file ends well too, so it must tell its version. */
const runs = (program) => /^\d/.test(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout ?? '')

/** Progress goes to stderr: stdout belongs to the program that is started. */
export const note = (text) => void process.stderr.write(`${text}\n`)

/** npm is a script on Windows, which only a shell can start. */
const needsShell = (command) => process.platform === 'win32' && command === 'npm'

const runQuietly = (command, args) =>
  spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: needsShell(command),
  })

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
