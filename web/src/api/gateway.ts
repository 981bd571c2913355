/** Calls of the gateway itself, for a person who may use an organization's keys: with a pass, which is never stored. */
import type { PagePassJson } from '../../../src/control/contract-pages.ts'
import { ask, type ApiTrouble } from './client.ts'
import { gatewayTrouble, requestIdOf } from './keyed-call.ts'

export type KeyOf = { readonly organization: string; readonly keyId: string }

/** A pass is worth asking for anew this long before its end, ms. */
const nearEndMs = 30_000
const passes = new Map<string, PagePassJson>()

/** A secret that works as the key does, for some minutes more. */
async function lendPass({ organization, keyId }: KeyOf): Promise<string> {
  const known = passes.get(keyId)
  if (known && Date.parse(known.until) - Date.now() > nearEndMs) return known.secret
  const path =
    `/api/organizations/${encodeURIComponent(organization)}/keys/${encodeURIComponent(keyId)}/passes` as const
  const pass = await ask<PagePassJson>(path, { method: 'POST', body: {} })
  passes.set(keyId, pass)
  return pass.secret
}

/** Asks the gateway as the key. Rejects with an `ApiTrouble` in the gateway's words for whatever is no success. */
export async function callGateway(of: KeyOf, path: `/v1/${string}`, init: RequestInit = {}): Promise<Response> {
  const response = await send(of, path, init)
  if (response.status !== 401) return response.ok ? response : Promise.reject(await troubleOf(response))
  // Passes end with any change of their key.
  passes.delete(of.keyId)
  const again = await send(of, path, init)
  return again.ok ? again : Promise.reject(await troubleOf(again))
}

async function send(of: KeyOf, path: string, init: RequestInit): Promise<Response> {
  const headers = {
    ...(init.headers as Record<string, string> | undefined),
    authorization: `Bearer ${await lendPass(of)}`,
  }
  return fetch(path, { ...init, headers, credentials: 'omit' })
}

async function troubleOf(response: Response): Promise<ApiTrouble> {
  return gatewayTrouble(await response.json().catch(() => ({})), response.status, requestIdOf(response))
}
