/**
 * Lane `affinity`: how much of the input the providers' prompt caches serve when conversations go over
 * four accounts of one provider, each of which caches for itself, as the vendors do. The gateway keeps a
 * conversation where its prompt is cached; the baseline sends the same calls to the accounts in turn.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway } from './support/gateway.ts'
import { answers, start, stopAll } from './support/processes.ts'

const model = 'gpt-5.4'
const accounts = [1, 2, 3, 4]
const conversations = 60
const turns = 6
const sandboxPort = 18_190
const sandboxUrl = `http://127.0.0.1:${sandboxPort}`

type Message = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }
/** A conversation's instructions are about 1,500 tokens, and its own. */
const instructions = (at: number): Message => ({
  role: 'system',
  content: `You are assistant number ${at}. ${'Answer with care, name your sources, and keep to the house style. '.repeat(110)}`,
})

export async function affinity(): Promise<void> {
  await start(
    [process.execPath, new URL('../src/sandbox/main.ts', import.meta.url).pathname],
    { SANDBOX_PORT: String(sandboxPort) },
    answers(sandboxUrl),
  )
  const gateway = await startGateway(sandboxUrl, { MART_CONFIG: configFile(), ...credentials() })
  try {
    await converse((call) => ask(`${gateway.url}/v1`, gateway.key, call))
    const kept = await cachedShare('kept')
    await converse((call, at) => {
      const account = `turn${accounts[at % accounts.length]}`
      return ask(`${sandboxUrl}/as/openai/${account}/v1`, `key-${account}`, call)
    })
    const inTurn = await cachedShare('turn')
    const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
    process.stdout.write(
      `input served from prompt caches, ${conversations} conversations of ${turns} turns over ${accounts.length} accounts: ` +
        `kept where it is cached ${percent(kept)}, in turn ${percent(inTurn)}: ratio ${(kept / inTurn).toFixed(2)}\n`,
    )
  } finally {
    await stopAll()
  }
}

const credentials = (): Record<string, string> =>
  Object.fromEntries(accounts.map((at) => [`KEY_${at}`, `key-kept${at}`]))

function configFile(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'mart-affinity-')), 'mart.yaml')
  const names = accounts.map((at) => [`kept${at}`, at] as const)
  const provider = (name: string, at: number) => ({
    kind: 'openai',
    baseUrl: `${sandboxUrl}/as/openai/${name}/v1`,
    apiKey: `\${KEY_${at}}`,
  })
  writeFileSync(
    path,
    JSON.stringify({
      providers: Object.fromEntries(names.map(([name, at]) => [name, provider(name, at)])),
      deployments: names.map(([name]) => ({ name, provider: name, model, region: 'us' })),
    }),
  )
  return path
}

/** Every conversation takes its turns in order; which one is next is the same pseudo-chance for both. */
async function converse(send: (messages: readonly Message[], at: number) => Promise<void>): Promise<void> {
  const left = Array.from({ length: conversations }, (_, at) => ({ at, messages: [instructions(at)] as Message[] }))
  const turnsLeft = new Map(left.map(({ at }) => [at, turns]))
  let seed = 1
  for (let sent = 0; left.length > 0; sent += 1) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    const next = seed % left.length
    const { at, messages } = left[next]!
    messages.push({
      role: 'user',
      content: `Question ${turnsLeft.get(at)} of ${at}: what comes next, and why? [[sandbox: tokens=40]]`,
    })
    await send(messages, sent)
    messages.push({ role: 'assistant', content: 'It depends on what came before, as the sources say.' })
    turnsLeft.set(at, turnsLeft.get(at)! - 1)
    if (turnsLeft.get(at) === 0) left.splice(next, 1)
  }
}

async function ask(baseUrl: string, key: string, messages: readonly Message[]): Promise<void> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages }),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  await response.bytes()
}

type Line = {
  readonly account: string | null
  readonly usage: { readonly input: number; readonly cachedInput: number }
}

/** By the accounts' own count. */
async function cachedShare(prefix: string): Promise<number> {
  const response = await fetch(`${sandboxUrl}/sandbox/requests?limit=10000`)
  const { data } = (await response.json()) as { data: Line[] }
  const own = data.filter(({ account }) => account?.startsWith(prefix))
  const sum = (of: (line: Line) => number): number => own.reduce((total, line) => total + of(line), 0)
  return sum(({ usage }) => usage.cachedInput) / sum(({ usage }) => usage.input + usage.cachedInput)
}
