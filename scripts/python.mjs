/** The virtual environment with the official Python SDKs, which the SDK tests and the Python examples run in. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { note, root } from './toolchain.mjs'

const folder = join(root, '.venv')
const requirements = join(root, 'test', 'sdk', 'requirements.txt')
const stamp = join(folder, 'requirements.sha256')
export const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
const names = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']

/** Makes or renews the environment; returns why there is none, or null when it is ready. */
export function makePythonEnvironment() {
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && run(python, ['--version']).status === 0)
    return null
  const found = names.find((name) => run(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']).status === 0)
  if (!found) return 'there is no Python 3.10 or newer on this machine'
  note(`making a Python environment with the official SDKs (${found}), which takes up to a minute`)
  rmSync(folder, { recursive: true, force: true })
  const made = run(found, ['-m', 'venv', folder])
  if (made.status !== 0) return `${found} -m venv failed: ${lastLineOf(made)}`
  const filled = run(python, [
    '-m',
    'pip',
    'install',
    '--disable-pip-version-check',
    // A package index that is away ends within a minute.
    '--retries=1',
    '--timeout=15',
    '--quiet',
    '--requirement',
    requirements,
  ])
  if (filled.status !== 0)
    return isUnreachable(filled)
      ? 'the package index that pip is set to cannot be reached; is this machine online?'
      : `pip could not install the SDKs: ${lastLineOf(filled)}`
  writeFileSync(stamp, wanted)
  return null
}

const run = (command, args) => spawnSync(command, args, { cwd: root, encoding: 'utf8' })
const lastLineOf = ({ stdout, stderr, error }) =>
  `${stdout}\n${stderr}\n${error?.message ?? ''}`.trim().split('\n').at(-1)
/** What pip says before it says that there is no such package. */
const isUnreachable = ({ stderr }) => /Retrying \(|ConnectTimeout|ReadTimeout|NewConnectionError/.test(stderr ?? '')
