/** A first start that fails: nothing is left behind that the next one stumbles over, no key above all. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { plainEnvironment, root, run, startProgram, type Program, type Ran } from '../support/program.ts'
import { freePort } from '../support/start-server.ts'

const startMsMax = 30_000
const keyPattern = /sk-bf-[0-9a-f-]{36}/

let folder: string
let port: number
let started: Program[]
const dataDir = (): string => join(folder, 'data')
const at = (path: string): string => `http://127.0.0.1:${port}${path}`
const environment = (changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...plainEnvironment(),
  DATA_DIR: dataDir(),
  PORT: String(port),
  ...changes,
})

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mart-first-'))
  port = await freePort()
  started = []
})
afterEach(async () => {
  await Promise.all(started.map((program) => program.kill('SIGKILL')))
  rmSync(folder, { recursive: true, force: true })
})

const runStart = (changes?: NodeJS.ProcessEnv, main = 'src/main.ts'): Promise<Ran> =>
  run(process.execPath, [main], { env: environment(changes), msMax: startMsMax })

/** It says in one line what is wrong, and nothing else; above all no key. */
function expectRefused({ code, stdout, stderr }: Ran, says: RegExp): void {
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(says)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stderr).not.toMatch(keyPattern)
}

/** The start that follows is a first one: it prints a key, and the key pays. */
async function expectFirstStart(changes?: NodeJS.ProcessEnv): Promise<void> {
  const program = start(changes)
  const key = await printedKey(program)
  const response = await fetch(at('/v1/chat/completions'), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hello!' }] }),
  })
  expect(response.status).toBe(200)
}

function start(changes?: NodeJS.ProcessEnv, main = 'src/main.ts'): Program {
  const program = startProgram([main], environment(changes))
  started.push(program)
  return program
}

const printedKey = (program: Program): Promise<string> =>
  eventually(
    async () => {
      if (program.hasEnded()) throw new Error(`the start failed: ${program.output()}`)
      return keyPattern.exec(program.output())?.[0] ?? null
    },
    startMsMax,
    () => `no key: ${program.output()}`,
  )

function listenOn(taken: number): Promise<Server> {
  const server = createServer()
  return new Promise((resolve) => server.listen(taken, '127.0.0.1', () => resolve(server)))
}

/** The product with another program in the place of its sandbox; gives its entry. */
function withSandbox(program: string): string {
  for (const part of ['src', join('docs', 'reference')])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'src', 'sandbox', 'main.ts'), program)
  return join(folder, 'src', 'main.ts')
}

describe('a first start makes nothing, and the next is the first', () => {
  test('where the port is taken', async () => {
    const other = await listenOn(port)
    const refused = await runStart()
    expectRefused(refused, /^port/)
    expect(refused.stderr).toBe(
      `port ${port} of 127.0.0.1 is taken (EADDRINUSE); choose another: PORT=${port + 1} npm start\n`,
    )
    expect(existsSync(dataDir())).toBe(false)
    other.close()
    await expectFirstStart()
  })

  test('where the port of the metrics is taken', async () => {
    const other = await listenOn(0)
    const { port: taken } = other.address() as { port: number }
    writeFileSync(join(folder, 'mart.yaml'), `metrics: { port: ${taken} }\n`)
    const MART_CONFIG = join(folder, 'mart.yaml')
    expectRefused(await runStart({ MART_CONFIG }), new RegExp(`EADDRINUSE.*${taken}|${taken}.*EADDRINUSE`))
    expect(existsSync(dataDir())).toBe(false)
    other.close()
    await expectFirstStart({ MART_CONFIG })
  })

  test('where mart.yaml is wrong', async () => {
    const MART_CONFIG = join(folder, 'mart.yaml')
    writeFileSync(MART_CONFIG, 'defaults: { region: mars }\n')
    expectRefused(await runStart({ MART_CONFIG }), /mart\.yaml: defaults\.region/)
    expect(existsSync(dataDir())).toBe(false)
    writeFileSync(MART_CONFIG, 'defaults: { region: eu }\n')
    await expectFirstStart({ MART_CONFIG })
  })

  test('where the sandbox does not come up', async () => {
    const main = withSandbox('process.exit(7)')
    expectRefused(await runStart({}, main), /the sandbox ended before it listened/)
    expect(existsSync(dataDir())).toBe(false)
    await expectFirstStart()
  })

  test('where the data folder cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '')
    const DATA_DIR = join(folder, 'file', 'data')
    expectRefused(await runStart({ DATA_DIR }), /DATA_DIR .*\/file\/data cannot be written \(E\w+\); allowed/)
    await expectFirstStart()
  })

  const isRoot = process.getuid?.() === 0
  const testForMortals = isRoot ? test.skip : test
  testForMortals(`where the data folder cannot be written${isRoot ? ' (root can write everywhere)' : ''}`, async () => {
    mkdirSync(dataDir())
    chmodSync(dataDir(), 0o500)
    expectRefused(await runStart(), /DATA_DIR .* cannot be written \(EACCES\); allowed/)
    expect(readdirSync(dataDir())).toEqual([])
    chmodSync(dataDir(), 0o700)
    await expectFirstStart()
  })

  test('where the store cannot be opened', async () => {
    mkdirSync(dataDir())
    const database = join(dataDir(), 'mart.db')
    writeFileSync(database, 'this is not a database, but somebody may want it back')
    expectRefused(await runStart(), /mart\.db.*not a database|not a database.*mart\.db/)
    expect(readFileSync(database, 'utf8')).toBe('this is not a database, but somebody may want it back')
    rmSync(database)
    await expectFirstStart()
  })

  test('where the operator file cannot be written, which is all that is left to do before the key', async () => {
    mkdirSync(join(dataDir(), 'operator.json'), { recursive: true })
    expectRefused(await runStart(), /operator\.json/)
    rmSync(join(dataDir(), 'operator.json'), { recursive: true })
    await expectFirstStart()
  })

  test('where the start is killed, while the data folder is made and while the store is', async () => {
    for (const made of [dataDir(), join(dataDir(), 'mart.db')]) {
      const program = start()
      while (!existsSync(made) && !program.hasEnded()) await Bun.sleep(1)
      await program.kill('SIGKILL')
      expect(program.output()).not.toMatch(keyPattern)
    }
    await expectFirstStart()
  })
})

test('a data folder that is in use is left to its server, which goes on serving', async () => {
  const first = start()
  const key = await printedKey(first)
  const operator = readFileSync(join(dataDir(), 'operator.json'), 'utf8')
  expectRefused(await runStart({ PORT: String(await freePort()) }), /in use by another process/)
  expect(readFileSync(join(dataDir(), 'operator.json'), 'utf8')).toBe(operator)
  const models = await fetch(at('/v1/models'), { headers: { authorization: `Bearer ${key}` } })
  expect(models.status).toBe(200)
})

test('while it starts, the port is taken, nothing is made, and everybody is asked to try again', async () => {
  const program = start({}, withSandbox('await new Promise(() => setInterval(() => {}, 1_000))'))
  const ready = await eventually(
    () => fetch(at('/readyz')).catch(() => null),
    startMsMax,
    () => `no answer: ${program.output()}`,
  )
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'unready', reason: 'starting' }])
  expect((await fetch(at('/healthz'))).status).toBe(200)
  const chat = await fetch(at('/v1/chat/completions'), { method: 'POST', body: '{}' })
  expect([chat.status, chat.headers.get('retry-after')]).toEqual([503, '1'])
  expect(chat.headers.get('x-request-id')).toStartWith('req_')
  expect(await chat.json()).toMatchObject({ error: { code: 'starting', type: 'server_error' } })
  const gemini = await fetch(at('/genai/v1beta/models/gemini-3.5-flash:generateContent'), { method: 'POST' })
  expect(await gemini.json()).toMatchObject({ error: { code: 503, status: 'UNAVAILABLE' } })
  expect(await (await fetch(at('/'))).json()).toMatchObject({ error: { code: 'starting' } })
  const page = await fetch(at('/setup'), { headers: { accept: 'text/html,*/*' } })
  expect([page.status, page.headers.get('refresh')]).toEqual([503, '2'])
  expect(await page.text()).toContain('is starting')
  expect(existsSync(dataDir())).toBe(false)
})
