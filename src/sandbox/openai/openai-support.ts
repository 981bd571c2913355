/** What the tests of OpenAI's endpoints share: a running sandbox, OpenAI's SDK at it, and what it counted. */
import { afterAll, beforeAll } from 'bun:test'
import OpenAI from 'openai'
import { sandboxCredential } from '../exchange.ts'
import { startSandbox, type Sandbox } from '../serve.ts'

let sandbox: Sandbox
export let openai: OpenAI

/** Call once in a test file: a sandbox for all of its tests, and the SDK at it. */
export function useOpenai(): void {
  beforeAll(async () => {
    sandbox = await startSandbox({ port: 0 })
    openai = new OpenAI({ apiKey: sandboxCredential, baseURL: `${sandbox.url}/v1`, maxRetries: 0 })
  })
  afterAll(() => sandbox.stop())
}

/** How many requests were counted so far. */
export const requestsCounted = async (): Promise<number> =>
  ((await (await fetch(`${sandbox.url}/sandbox/count`)).json()) as { requests: number }).requests

/** What was served under this `x-client-request-id`. */
export const servedAs = async (id: string): Promise<readonly Readonly<Record<string, object>>[]> =>
  ((await (await fetch(`${sandbox.url}/sandbox/requests/${id}`)).json()) as { data: Record<string, object>[] }).data

/** What a call is refused with; null where it is not. */
export const failure = (call: PromiseLike<unknown>): PromiseLike<unknown> =>
  call.then(
    () => null,
    (error: unknown) => error,
  )
