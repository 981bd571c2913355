/** Passes: secrets that work as a key of an organization does, for some minutes, lent to whoever may use it. In memory alone. */
import type { PagePassJson } from '../../../src/control/contract-pages.ts'
import { ask } from './client.ts'

export type KeyOf = { readonly organization: string; readonly keyId: string }

/** A pass is worth asking for anew this long before its end, ms. */
const nearEndMs = 30_000
const passes = new Map<string, PagePassJson>()

/** A secret that works as the key does, for some minutes more. */
export async function lendPass({ organization, keyId }: KeyOf): Promise<PagePassJson> {
  const known = passes.get(keyId)
  if (known && Date.parse(known.until) - Date.now() > nearEndMs) return known
  const path =
    `/api/organizations/${encodeURIComponent(organization)}/keys/${encodeURIComponent(keyId)}/passes` as const
  const pass = await ask<PagePassJson>(path, { method: 'POST', body: {} })
  passes.set(keyId, pass)
  return pass
}

/** Passes end with any change of their key: one that was refused is not tried again. */
export const forgetPass = ({ keyId }: KeyOf): void => void passes.delete(keyId)
