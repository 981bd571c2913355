/** Calling the gateway as a customer's program does: with a key, and without the session. */
import type { Receipt } from '../../../src/control/contract.ts'
import { ApiTrouble } from './client.ts'
import { forgetPass, lendPass, type KeyOf } from './passes.ts'

/** What a key looks like. */
export const keyLike = /^sk-bf-[0-9a-f-]{36}$/i

export type Dialect = 'openai' | 'genai'

/** A secret that is nowhere but in memory, or a key of an organization, which is called by a pass. */
export type GivenKey = string | KeyOf

export type KeyedCall = {
  readonly dialect: Dialect
  readonly key: GivenKey
  /** Path of this server. */
  readonly path: string
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** The answer, once its head is there. Rejects with an `ApiTrouble` that links to the page on its error. */
export async function callWithKey(call: KeyedCall): Promise<Response> {
  const { key } = call
  if (typeof key === 'string') return send(call, key)
  try {
    return await send(call, (await lendPass(key)).secret)
  } catch (error) {
    if (!(error instanceof ApiTrouble && isOfKey(error))) throw error
    forgetPass(key)
    return send(call, (await lendPass(key)).secret)
  }
}

/** Whether either dialect says that the secret does not work any more. */
const isOfKey = ({ status, code }: ApiTrouble): boolean => status === 401 || code === 'API_KEY_INVALID'

async function send(call: KeyedCall, secret: string): Promise<Response> {
  const { dialect, path, method = 'POST', body, signal } = call
  const response = await fetch(path, {
    method,
    headers: {
      ...(dialect === 'openai' ? { authorization: `Bearer ${secret}` } : { 'x-goog-api-key': secret }),
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
    readonly details?: readonly {
      readonly reason?: string
      readonly links?: readonly { readonly url: string }[]
    }[]
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
  const reason = details.find(({ reason }) => reason !== undefined)?.reason
  const help = doc_url ?? details.flatMap(({ links = [] }) => links)[0]?.url
  return new ApiTrouble(message, {
    code: reason ?? word ?? String(code ?? 'unknown'),
    status,
    requestId,
    ...(help !== undefined && { helpUrl: new URL(help, location.origin).pathname }),
  })
}

/** The models that the key may use in a dialect, in the order of the reference. */
export async function modelsOf(dialect: Dialect, key: GivenKey, signal: AbortSignal): Promise<readonly string[]> {
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
export async function receiptOf(requestId: string, key: GivenKey, signal: AbortSignal): Promise<CustomerReceipt> {
  const path = `/v1/receipts/${requestId}`
  const response = await callWithKey({ dialect: 'openai', key, path, method: 'GET', signal })
  return (await response.json()) as CustomerReceipt
}
