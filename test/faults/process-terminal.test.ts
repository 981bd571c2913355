/** What the log is on a terminal, a real one as far as the kernel has them: one readable line a request, and nobody waits for whoever looks at it. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { plainEnvironment, root } from '../support/program.ts'
import { freePort } from '../support/start-server.ts'

const startMsMax = 30_000
const noticedMsMax = 10_000
const hold = '\u0013'
const goOn = '\u0011'
const escape = '\u001B'

let folder: string
let stop: () => Promise<void> = () => Promise.resolve()
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'mart-terminal-'))))
afterEach(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
})

type Shown = {
  readonly text: () => string
  readonly type: (keys: string) => void
  /** Asks the server to stop; gives its exit code. */
  readonly end: () => Promise<number>
  /** What Ctrl-C does: every process of the terminal gets the signal, the sandbox too. Gives the server's exit code. */
  readonly interrupt: () => Promise<number>
  /** Gives the request's id. */
  readonly chat: () => Promise<string>
}

async function startOnTerminal(env: NodeJS.ProcessEnv = {}): Promise<Shown> {
  const url = `http://127.0.0.1:${await freePort()}`
  const decoder = new TextDecoder()
  let text = ''
  const terminal = new Bun.Terminal({
    cols: 200,
    rows: 50,
    data: (_, bytes) => (text += decoder.decode(bytes, { stream: true })),
  })
  const server = Bun.spawn([process.execPath, 'src/main.ts'], {
    cwd: root,
    env: {
      TERM: 'xterm-256color',
      ...plainEnvironment(),
      PORT: new URL(url).port,
      DATA_DIR: join(folder, 'data'),
      ...env,
    },
    terminal,
  })
  stop = async () => {
    server.kill('SIGKILL')
    await server.exited
    terminal.close()
  }
  const key = await eventually(
    () => Promise.resolve(/sk-bf-[0-9a-f-]{36}/.exec(text)?.[0] ?? null),
    startMsMax,
    () => `no key on the terminal: ${text}`,
  )
  const chat = async (): Promise<string> => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hello!' }] }),
      signal: AbortSignal.timeout(noticedMsMax),
    })
    expect(response.status).toBe(200)
    return response.headers.get('x-request-id')!
  }
  const end = (): Promise<number> => {
    server.kill('SIGTERM')
    return server.exited
  }
  const interrupt = (): Promise<number> => {
    const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ')
    for (const pid of children) process.kill(Number(pid), 'SIGINT')
    server.kill('SIGINT')
    return server.exited
  }
  return { text: () => text, end, interrupt, type: (keys) => void terminal.write(keys), chat }
}

const lineOf = ({ text }: Shown, requestId: string): Promise<string> =>
  eventually(
    () =>
      Promise.resolve(
        text()
          .split(/\r?\n/)
          .find((line) => line.includes(requestId)) ?? null,
      ),
    noticedMsMax,
    () => `no line of ${requestId}: ${text()}`,
  )

test('a request is one readable line, in colours', async () => {
  const shown = await startOnTerminal()
  const line = await lineOf(shown, await shown.chat())
  expect(line).toContain(`${escape}[32m200${escape}[0m`)
  expect(Bun.stripANSI(line)).toMatch(
    /^\d\d:\d\d:\d\d 200 chat\.completions +gpt-5\.4 +[\d,]+ ms \d+→\d+ tokens \$0\.\d+ test completed 127\.0\.0\.1 req_[\w-]+$/,
  )
})

test('NO_COLOR leaves the colours out', async () => {
  const shown = await startOnTerminal({ NO_COLOR: '1' })
  const line = await lineOf(shown, await shown.chat())
  expect(line).toMatch(/^\d\d:\d\d:\d\d 200 chat\.completions /)
  expect(line).not.toContain(escape)
})

test('mart.yaml can have JSON there too', async () => {
  const MART_CONFIG = join(folder, 'mart.yaml')
  writeFileSync(MART_CONFIG, 'log: { format: json }\n')
  const shown = await startOnTerminal({ MART_CONFIG })
  const requestId = await shown.chat()
  expect(JSON.parse(await lineOf(shown, requestId))).toMatchObject({ event: 'request', requestId, status: 200 })
})

test('a terminal that is held (Ctrl-S) holds nobody up, and shows what it missed when it goes on', async () => {
  const shown = await startOnTerminal()
  await lineOf(shown, await shown.chat())
  shown.type(hold)
  const before = shown.text().length
  const missed: string[] = []
  for (let count = 0; count < 20; count += 1) missed.push(await shown.chat())
  // The log has had its turn by now: the next are served all the same.
  await Bun.sleep(200)
  for (let count = 0; count < 20; count += 1) missed.push(await shown.chat())
  expect(shown.text().length).toBe(before)
  shown.type(goOn)
  for (const requestId of missed) await lineOf(shown, requestId)
})

test('what is logged until the end is shown, and a terminal that is held keeps the server from ending no longer than a second', async () => {
  const shown = await startOnTerminal()
  const [requestId, code] = [await shown.chat(), await shown.end()]
  expect(code).toBe(0)
  await lineOf(shown, requestId)
  await stop()
  const held = await startOnTerminal({ DATA_DIR: join(folder, 'other') })
  held.type(hold)
  await held.chat()
  const before = performance.now()
  expect(await held.end()).toBe(0)
  expect(performance.now() - before).toBeLessThan(noticedMsMax)
})

test('Ctrl-C, which reaches the sandbox too, ends without an error and with a last line that says so', async () => {
  const shown = await startOnTerminal()
  await lineOf(shown, await shown.chat())
  expect(await shown.interrupt()).toBe(0)
  await eventually(
    () => Promise.resolve(/\d stopped\r?\n$/.test(Bun.stripANSI(shown.text())) || null),
    noticedMsMax,
    () => shown.text(),
  )
  expect(shown.text()).not.toContain('error')
})
