/** The steps of an image: a copy of the checkout, `npm ci --omit=dev`, a start, a paid call. By the real npm, as far as a registry is reachable. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { plainEnvironment, root, run } from '../support/program.ts'
import { freePort } from '../support/start-server.ts'

const installMsMax = 240_000
const startMsMax = 60_000
const reachable =
  spawnSync('npm', ['view', 'bun', 'version', '--fetch-retries=0', '--fetch-timeout=5000'], { timeout: 20_000 })
    .status === 0
const testWhenReachable = reachable ? test : test.skip
const skipped = reachable ? '' : ' (no package registry can be reached)'

const notInAnImage = new Set(['node_modules', '.git', '.venv', 'data', 'mart.yaml'])
const folder = mkdtempSync(join(tmpdir(), 'mart-image-'))
const checkout = join(folder, 'app')
const npm = (args: readonly string[]) =>
  run('npm', args, { env: plainEnvironment(), cwd: checkout, msMax: installMsMax })
const mart = (args: readonly string[]) =>
  run('node', ['bin/mart', ...args], { env: plainEnvironment(), cwd: checkout, msMax: installMsMax })

beforeAll(() => {
  cpSync(root, checkout, {
    recursive: true,
    filter: (from) => !notInAnImage.has(from.slice(root.length + 1)),
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

testWhenReachable(
  `npm ci --omit=dev installs without a warning, and what it installs serves a paid call${skipped}`,
  async () => {
    const installed = await npm(['ci', '--omit=dev'])
    expect({ code: installed.code, stderr: installed.stderr }).toEqual({ code: 0, stderr: '' })
    expect(existsSync(join(checkout, 'node_modules', 'typescript'))).toBe(false)
    const server = await serve()
    try {
      expect(server.output()).not.toContain('installing')
      const key = /sk-bf-[\w-]+/.exec(server.output())![0]
      const response = await fetch(`${server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify({ model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hello!' }] }),
      })
      expect(response.status).toBe(200)
      expect(response.headers.get('x-mart-charge-usd')).toMatch(/^0\.\d+$/)
    } finally {
      await server.stop()
    }
  },
  installMsMax + startMsMax,
)

testWhenReachable(
  `what is broken of an installation is repaired by the next command${skipped}`,
  async () => {
    rmSync(join(checkout, 'node_modules', 'hono'), { recursive: true })
    truncateSync(join(checkout, 'node_modules', 'bun', 'bin', 'bun.exe'), 1_000_000)
    const repaired = await mart(['--help'])
    expect({ code: repaired.code, stderr: repaired.stderr }).toMatchObject({ code: 0 })
    expect(repaired.stdout).toContain('mart org create')
    const after = await mart(['--help'])
    expect(after).toEqual({ code: 0, stdout: repaired.stdout, stderr: '' })
  },
  installMsMax,
)

type Served = { readonly url: string; readonly output: () => string; readonly stop: () => Promise<void> }

async function serve(): Promise<Served> {
  const url = `http://127.0.0.1:${await freePort()}`
  const env = { ...plainEnvironment(), PORT: new URL(url).port, DATA_DIR: join(folder, 'data') }
  const child = spawn('node', ['scripts/start.mjs'], { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()))
  await eventually(
    async () => {
      if (child.exitCode !== null) throw new Error(`the start failed: ${output}`)
      const ready = await fetch(`${url}/readyz`).catch(() => null)
      return ready?.status === 200 && output.includes('sk-bf-') ? true : null
    },
    startMsMax,
    () => `not ready: ${output}`,
  )
  return { url, output: () => output, stop: () => ended(child) }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
