/** The running server, as the command line reaches it: HTTP to the admin API, with the operator token. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { operatorFilePath, type ClientConfig } from '../config.ts'
import type { ErrorJson, OperatorFile } from '../control/contract.ts'
import { ServerError, UsageError } from './errors.ts'

export type Server = {
  /** Asks the admin API; `path` begins after `/api/admin`. Rejects with `UsageError` for a value that the server calls invalid, else with `ServerError`. */
  readonly ask: <Answer>(method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown) => Promise<Answer>
}

/** Finds the server. Throws `ServerError` when nothing says where it is. */
export function openServer(config: ClientConfig): Server {
  const { url, token } = config.server
    ? { url: config.server.url, token: config.server.operatorToken }
    : readOperatorFile(config.dataDir)
  return { ask: (method, path, body) => ask({ url, token }, { method, path, body }) }
}

const OperatorFileData = z.object({ url: z.url(), token: z.string().min(1) })

function readOperatorFile(dataDir: string): OperatorFile {
  const path = operatorFilePath(dataDir)
  try {
    return OperatorFileData.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const problem = isAbsent ? `no server has been started on ${dataDir}` : `${path} cannot be read`
    throw new ServerError(
      `${problem}; start one with \`npm start\`, set DATA_DIR, or set MART_URL and MART_OPERATOR_TOKEN`,
      { cause },
    )
  }
}

/** Below the 300 seconds after which Bun's fetch gives up by itself; checking a long ledger may take minutes. */
const answerMsMax = 280_000

async function ask<Answer>(
  server: OperatorFile,
  { method, path, body }: { method: string; path: string; body: unknown },
): Promise<Answer> {
  const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const init = { method, headers, signal: AbortSignal.timeout(answerMsMax), ...sent }
  const response = await fetch(`${server.url}/api/admin${path}`, init).catch((cause: unknown) => {
    throw new ServerError(`the server at ${server.url} does not answer; is it running?`, { cause })
  })
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok && answer !== null) return answer as Answer
  throw refusalOf(response.status, answer as Partial<ErrorJson> | null, server.url)
}

function refusalOf(status: number, answer: Partial<ErrorJson> | null, url: string): Error {
  const error = answer?.error
  if (!error?.message) return new ServerError(`${url} answered ${status} and not as an AICreditMart server does`)
  return error.code === 'invalid_request' ? new UsageError(error.message, error.field) : new ServerError(error.message)
}
