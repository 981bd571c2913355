/** What an interrupted installation leaves behind, and that the next start repairs it. npm is a stand-in that installs three packages. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { plainEnvironment, root, run, type Ran } from '../support/program.ts'

const packages = {
  'node_modules/bun': { version: '1.4.5' },
  'node_modules/hono': { version: '4.0.0' },
  'node_modules/sharp-other-platform': { version: '1.0.0', optional: true },
  'node_modules/typescript': { version: '7.0.2', dev: true },
}
const bunRuns = '#!/bin/sh\necho 1.4.5\n'
/** Leaves Bun's binary to its install script, as npm does where scripts are not allowed. */
const npm = `#!/usr/bin/env node
const { appendFileSync, cpSync, rmSync } = require('node:fs')
appendFileSync('npm.log', process.argv.slice(2).join(' ') + '\\n')
rmSync('node_modules', { recursive: true, force: true })
cpSync(process.argv.includes('--omit=dev') ? 'served' : 'developed', 'node_modules', { recursive: true })
`
const bunInstaller = `
const { chmodSync, mkdirSync, renameSync } = require('node:fs')
mkdirSync(__dirname + '/bin', { recursive: true })
renameSync(__dirname + '/binary', __dirname + '/bin/bun.exe')
`

let folder: string
const at = (...parts: string[]): string => join(folder, ...parts)
const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mart-install-'))
  cpSync(join(root, 'scripts', 'toolchain.mjs'), at('scripts', 'toolchain.mjs'))
  write(at('package-lock.json'), JSON.stringify({ packages: { '': { version: '0.1.0' }, ...packages } }))
  write(at('bin', 'npm'), npm)
  for (const name of ['served', 'developed']) makeTemplate(name)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** What npm would install: not what is for another platform and, to serve, nothing of development. */
function makeTemplate(name: string): void {
  const installed = Object.fromEntries(
    Object.entries(packages).filter(([, its]) => !('optional' in its) && (name === 'developed' || !('dev' in its))),
  )
  for (const [path, { version }] of Object.entries(installed))
    write(at(name, path.replace('node_modules/', ''), 'package.json'), JSON.stringify({ version }))
  write(at(name, '.package-lock.json'), JSON.stringify({ packages: installed }))
  write(at(name, 'bun', 'binary'), bunRuns)
  write(at(name, 'bun', 'install.js'), bunInstaller)
}

function install(toServe: boolean): Promise<Ran> {
  const script = `(await import(${JSON.stringify(at('scripts', 'toolchain.mjs'))})).installWhatIsMissing({ toServe: ${toServe} })`
  const PATH = `${at('bin')}${delimiter}${plainEnvironment()['PATH']}`
  return run('node', ['--input-type=module', '--eval', script], {
    env: { ...plainEnvironment(), PATH },
    cwd: folder,
    msMax: 20_000,
  })
}

/** Starts, and gives what npm was called for. */
async function start(toServe: boolean): Promise<string[]> {
  rmSync(at('npm.log'), { force: true })
  expect(await install(toServe)).toMatchObject({ code: 0 })
  expect(readFileSync(at('node_modules', 'bun', 'bin', 'bun.exe'), 'utf8')).toBe(bunRuns)
  expect(existsSync(at('node_modules', 'hono', 'package.json'))).toBe(true)
  return existsSync(at('npm.log')) ? readFileSync(at('npm.log'), 'utf8').trim().split('\n') : []
}

const patience = '--fetch-retries=1 --fetch-timeout=12000 --fetch-retry-mintimeout=1000 --loglevel=error'
const forServing = `ci --omit=dev --no-audit --no-fund ${patience}`
const forAll = `ci --include=dev --no-audit --no-fund ${patience}`
/** Takes nothing away from a server that runs. */
const theRest = `install --no-save --include=dev --no-audit --no-fund ${patience}`

test('a fresh clone is installed once: to serve without what development needs, with it for all else', async () => {
  expect(await start(true)).toEqual([forServing])
  expect(await start(true)).toEqual([])
  expect(await start(false)).toEqual([theRest])
  expect(await start(false)).toEqual([])
  expect(await start(true)).toEqual([])
})

const damages: Readonly<Record<string, () => void>> = {
  'an installation that npm did not finish': () => rmSync(at('node_modules', '.package-lock.json')),
  'a marker that was cut short': () => truncateSync(at('node_modules', '.package-lock.json'), 20),
  'a package that is gone': () => rmSync(at('node_modules', 'hono'), { recursive: true }),
  'a package that was cut short': () => truncateSync(at('node_modules', 'hono', 'package.json'), 5),
  'a package of another version': () => write(at('node_modules', 'hono', 'package.json'), '{"version":"3.9.0"}'),
  "Bun's binary, when it is gone": () => rmSync(at('node_modules', 'bun', 'bin'), { recursive: true }),
  "Bun's binary, when it was cut short": () => truncateSync(at('node_modules', 'bun', 'bin', 'bun.exe'), 5),
  "Bun's binary, when nothing is in it": () => truncateSync(at('node_modules', 'bun', 'bin', 'bun.exe'), 0),
  'a lockfile that has moved on': () => {
    const moved = { ...packages, 'node_modules/hono': { version: '4.0.1' } }
    write(at('package-lock.json'), JSON.stringify({ packages: moved }))
    for (const name of ['served', 'developed']) {
      write(at(name, 'hono', 'package.json'), '{"version":"4.0.1"}')
      const { 'node_modules/sharp-other-platform': _not, ...installed } = moved
      write(at(name, '.package-lock.json'), JSON.stringify({ packages: installed }))
    }
  },
}

for (const [what, damage] of Object.entries(damages)) {
  test(`${what}: repaired by the next start, which the one after need not do again`, async () => {
    await start(false)
    damage()
    expect((await start(false)).length).toBeLessThanOrEqual(1)
    expect(await start(false)).toEqual([])
  })
}

test('a repair leaves the packages of development where they were', async () => {
  await start(false)
  rmSync(at('node_modules', 'hono'), { recursive: true })
  expect(await start(true)).toEqual([forAll])
})

for (const code of ['ENOTFOUND', 'ECONNREFUSED', 'EAI_AGAIN', 'ERR_SOCKET_TIMEOUT', 'EIDLETIMEOUT']) {
  test(`a registry that cannot be reached (${code}) is said in one line`, async () => {
    write(at('bin', 'npm'), `#!/bin/sh\necho 'npm error code ${code}\nnpm error a page about proxies' >&2\nexit 1\n`)
    const { code: exit, stderr } = await install(true)
    expect(exit).toBe(1)
    expect(stderr.trim().split('\n')).toEqual([
      'installing dependencies, which takes up to a minute',
      `the package registry that npm is set to cannot be reached (${code}); is this machine online?`,
    ])
  })
}

test('what else npm fails by is shown in its own words', async () => {
  write(at('bin', 'npm'), '#!/bin/sh\necho "npm error code EINTEGRITY" >&2\nexit 1\n')
  const { stderr } = await install(true)
  expect(stderr).toContain('npm error code EINTEGRITY\n')
  expect(stderr).toContain('failed with exit code 1')
})
