/** Calling the gateway as a customer's program does: with a key, and without the session. */
import type { Receipt } from '../../../src/control/contract.ts'
import { ApiTrouble } from './client.ts'

export type Dialect = 'openai' | 'genai'

export type KeyedCall = {
  readonly dialect: Dialect
  /** The key, which is nowhere but in memory. */
  readonly key: string
  /** Path of this server. */
  readonly path: string
  readonly method?: 'GET' | 'POST'
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** The answer, once its head is there. Rejects with an `ApiTrouble` that links to the page on its error. */
export async function callWithKey(call: KeyedCall): Promise<Response> {
  const { dialect, key, path, method = 'POST', body, signal } = call
  const response = await fetch(path, {
    method,
    headers: {
      ...(dialect === 'openai' ? { authorization: `Bearer ${key}` } : { 'x-goog-api-key': key }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    credentials: 'omit',
    signal: signal ?? null,
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiTrouble('The gateway cannot be reached. Check your connection, then try again.', {
      code: 'unreachable',
      status: 0,
    })
  })
  if (response.ok) return response
  throw gatewayTrouble(await response.json().catch(() => ({})), response.status, requestIdOf(response))
}

export const requestIdOf = ({ headers }: Response): string | null => headers.get('x-request-id')

type Envelope = {
  readonly error?: {
    readonly message?: string
    readonly code?: string | number
    readonly status?: string
    readonly doc_url?: string
    readonly details?: readonly { readonly links?: readonly { readonly url: string }[] }[]
  }
}

/** An error in either dialect's envelope, also the last record of a stream. */
export function gatewayTrouble(envelope: unknown, status: number, requestId: string | null): ApiTrouble {
  const {
    message = `The gateway answered ${status}.`,
    code,
    status: word,
    doc_url,
    details = [],
  } = (envelope as Envelope).error ?? {}
  const help = doc_url ?? details.flatMap(({ links = [] }) => links)[0]?.url
  return new ApiTrouble(message, {
    code: word ?? String(code ?? 'unknown'),
    status,
    requestId,
    ...(help !== undefined && { helpUrl: new URL(help, location.origin).pathname }),
  })
}

/** The models that the key may use in a dialect, in the order of the reference. */
export async function modelsOf(dialect: Dialect, key: string, signal: AbortSignal): Promise<readonly string[]> {
  const path = dialect === 'openai' ? '/v1/models' : '/genai/v1beta/models?pageSize=1000'
  const response = await callWithKey({ dialect, key, path, method: 'GET', signal })
  const { data = [], models = [] } = (await response.json()) as {
    readonly data?: readonly { readonly id: string }[]
    readonly models?: readonly { readonly name: string }[]
  }
  return [...data.map(({ id }) => id), ...models.map(({ name }) => name.replace(/^models\//, ''))]
}

export type CustomerReceipt = Omit<Receipt, 'costNano'>

/** What a request cost, once it is settled. */
export async function receiptOf(requestId: string, key: string, signal: AbortSignal): Promise<CustomerReceipt> {
  const path = `/v1/receipts/${requestId}`
  const response = await callWithKey({ dialect: 'openai', key, path, method: 'GET', signal })
  return (await response.json()) as CustomerReceipt
}
