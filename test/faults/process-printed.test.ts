/** Every command that a start prints is run exactly as it was printed, in a shell in the checkout, and does what it says. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { plainEnvironment, run, startProgram, type Program } from '../support/program.ts'
import { hasPython, noPython, pythonPath } from '../support/python.ts'
import { freePort, startServer, type Server } from '../support/start-server.ts'
import { configured } from './request-support.ts'
import * as up from './upstream-support.ts'

const startMsMax = 30_000
const scriptMsMax = 60_000

let folder: string
let dataDir: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mart of Kim's "))
  dataDir = join(folder, 'the data')
  mkdirSync(dataDir)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The printed paragraphs by the words of their headings, each as it was printed. */
const sections = (printed: string): [string, string][] =>
  [...printed.matchAll(/^── (.*)\n([\s\S]*?)\n\n/gm)].map(([, heading, body]) => [heading!, body!])

const sectionOf = (printed: string, heading: string): string => {
  const found = sections(printed).find(([words]) => words.startsWith(heading))
  if (!found) throw new Error(`nothing is printed about “${heading}”: ${printed}`)
  return found[1]
}

async function shell(script: string): Promise<string> {
  const { code, stdout, stderr } = await run('bash', ['-e', '-o', 'pipefail', '-c', script], {
    env: plainEnvironment(),
    msMax: scriptMsMax,
  })
  expect({ script, code, stderr }).toMatchObject({ code: 0 })
  return stdout
}

async function printedBy(program: Pick<Program, 'output' | 'hasEnded'>, last: string): Promise<string> {
  return eventually(
    async () => {
      if (program.hasEnded()) throw new Error(`the start failed: ${program.output()}`)
      return program.output().includes(last) ? `${program.output()}\n\n` : null
    },
    startMsMax,
    () => `not printed: ${last}: ${program.output()}`,
  )
}

test(
  `the first start of a sandbox: curl, what it cost, and both SDK snippets${hasPython ? '' : ` (snippets left out: ${noPython})`}`,
  async () => {
    const env = { ...plainEnvironment(), DATA_DIR: dataDir, PORT: String(await freePort()) }
    const program = startProgram(['src/main.ts'], env)
    try {
      const printed = await printedBy(program, '── What it cost')
      expect(await shell(sectionOf(printed, 'curl'))).toContain('"chat.completion"')
      for (const sdk of hasPython ? ['OpenAI SDK in Python', 'Google GenAI SDK in Python'] : []) {
        const snippet = join(folder, 'snippet.py')
        writeFileSync(snippet, sectionOf(printed, sdk))
        const ran = await run(pythonPath, [snippet], { env: plainEnvironment(), msMax: scriptMsMax })
        expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/\S/) })
      }
      expect(await shell(sectionOf(printed, 'What it cost'))).toMatch(/\$0\.\d+/)
    } finally {
      await program.kill('SIGKILL')
    }
    const again = startProgram(['src/main.ts'], env)
    try {
      const printed = await printedBy(again, 'Another key:')
      const [, list] = /^Organizations: (.*)$/m.exec(printed)!
      const [, help] = /^Another key: +(.*)$/m.exec(printed)!
      expect(await shell(list!)).toContain('org_sandbox')
      expect(await shell(help!)).toContain('--org ID')
    } finally {
      await again.kill('SIGKILL')
    }
  },
  4 * startMsMax,
)

for (const pose of ['openai', 'ai-studio'] as const) {
  test(
    `a start with real providers (${pose}): organization, credit, live key, the first call and what it cost`,
    async () => {
      const wanted = [{ pose, account: 'first' }]
      const server = await startServer({
        env: { ...configured(up.configOf(wanted)).env, ...up.credentialsOf(wanted), DATA_DIR: dataDir },
      })
      try {
        const printed = await printedBy({ output: server.output, hasEnded: () => false }, '── What it cost')
        expect(printed).not.toMatch(/sk-bf-[0-9a-f]{8}-/)
        const script = sections(printed).map(([, body]) => body)
        const said = await shell(script.join('\n'))
        expect(said).toMatch(/Your live key, shown only this once: sk-bf-[0-9a-f-]{36}\n/)
        expect(said).toContain(pose === 'openai' ? '"chat.completion"' : '"candidates"')
        expect(said).toMatch(/\$0\.\d+/)
        await expectUsualStart(server)
      } finally {
        await server.stop()
      }
    },
    4 * startMsMax,
  )
}

/** Once there is a live key, a start leads nowhere. */
async function expectUsualStart(server: Server): Promise<void> {
  await server.kill()
  await server.restart()
  const last = server.output().split('--- started again ---').at(-1)!
  expect(last).toContain('Another key:')
  expect(last).not.toContain('no live key')
}
