/** The whole product as a user starts it, in front of a given upstream, with a key and credit to spend. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answers, cores, onCore, start, type Measured } from './processes.ts'

export type Gateway = Measured & {
  readonly url: string
  readonly key: string
  /** Of which the key is. */
  readonly organizationId: string
  /** What it has printed, the last of it. */
  readonly output: () => string
}

const port = 18_180

/** `more`: further environment, such as a configuration file. */
export async function startGateway(upstreamUrl: string, more: Readonly<Record<string, string>> = {}): Promise<Gateway> {
  const dataDir = mkdtempSync(join(tmpdir(), 'mart-bench-'))
  const url = `http://127.0.0.1:${port}`
  const main = new URL('../../src/main.ts', import.meta.url).pathname
  const env = { PORT: String(port), DATA_DIR: dataDir, MART_SANDBOX_URL: upstreamUrl, ...more }
  const measured = await start(onCore(cores.measured, [process.execPath, main]), env, answers(`${url}/readyz`))
  const { token } = JSON.parse(readFileSync(join(dataDir, 'operator.json'), 'utf8')) as { token: string }
  const admin = async <T>(path: string, body: object): Promise<T> => {
    const response = await fetch(`${url}/api/admin${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
  const { id } = await admin<{ id: string }>('/organizations', { name: 'bench' })
  await admin(`/organizations/${id}/grants`, { usd: '1000000' })
  // Limits that are on and never reached: they are part of what a governed request costs.
  const { key } = await admin<{ key: string }>(`/organizations/${id}/keys`, {
    rpm: 100_000_000,
    tpm: 1_000_000_000,
    concurrency: 10_000,
    budget: '900000/month',
  })
  return { ...measured, url, key, organizationId: id }
}
