/** Who repeats a call is known by its key alone, before anything of a body is read. */
import { createHash } from 'node:crypto'
import type { HttpRequest } from '../lib/http-server/contract.ts'
import type { KeyRow } from '../store/store.ts'
import type { GatewayDeps } from './deps.ts'

/** Whether a request comes with an idempotency key that another of its organization has: it may be owed an answer that is paid. */
export function mayRepeat(
  { headers }: HttpRequest,
  { organizationId, mode }: KeyRow,
  { idempotencyKeys }: Pick<GatewayDeps, 'idempotencyKeys'>,
): boolean {
  const text = headers.get('idempotency-key')
  return text !== null && idempotencyKeys.isTaken({ organizationId, mode, keyHash: keyHashOf(text) })
}

/** All that is kept of a key. */
export const keyHashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')
