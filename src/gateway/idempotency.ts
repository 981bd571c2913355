/**
 * The header `Idempotency-Key`: a client that lost the answer repeats the call with the same key, and pays once. Who
 * sends none, as the official SDKs do by themselves, is asked for nothing but the header.
 */
import { createHash } from 'node:crypto'
import { formatUsd } from '../lib/amounts.ts'
import type { HttpRequest } from '../lib/http-server/contract.ts'
import type { Idempotency, KeyRow, KeyUse, Settlement } from '../store/store.ts'
import { usesUpKey } from '../store/uses-up-key.ts'
import { inTurns, sliceBytes, smallBytesMax } from './body.ts'
import type { GatewayDeps } from './deps.ts'
import { GatewayError, invalid } from './errors.ts'
import type { Inbound } from './operation.ts'

/** A key that a request has come with, and what is known of it by its head. */
export type Claim = Pick<KeyRow, 'organizationId' | 'mode'> & {
  readonly requestId: string
  readonly text: string
  readonly keyHash: string
  /** The request that used the key up; null where it is free, and this request's from here on. */
  readonly first: KeyUse | null
}

type Claimant = { readonly key: KeyRow; readonly requestId: string }

/** Claims the key of the header; null for a request without one. Throws `invalid_request`, and `idempotency_key_in_use` while its first request is under way. */
export function claimKey(
  { headers }: HttpRequest,
  { key: { organizationId, mode }, requestId }: Claimant,
  { idempotencyKeys }: Pick<GatewayDeps, 'idempotencyKeys'>,
): Claim | null {
  const text = headers.get('idempotency-key')
  if (text === null) return null
  if (!allowedText.test(text)) throw notAllowed()
  const own = { organizationId, mode, keyHash: hashed(text) }
  const holder = idempotencyKeys.claim(own, requestId)
  if (holder?.state === 'in-use') throw inUse(holder.requestId)
  return { ...own, requestId, text, first: holder?.use ?? null }
}

const allowedText = /^[!-~]{1,255}$/
const hashed = (text: string): string => createHash('sha256').update(text).digest('base64url')

/**
 * What the key and all that is asked under it come to. Only now is it known whether a used key came with the call that
 * used it. Rejects with `idempotency_key_used` or, for another call, `idempotency_key_reused`.
 */
export async function idempotencyOf(
  { text, keyHash, first }: Claim,
  inbound: Inbound,
  body: Uint8Array,
  { turns }: Pick<GatewayDeps, 'turns'>,
): Promise<Idempotency> {
  const fingerprint = await fingerprintOf(text, inbound, body, turns)
  if (first) throw first.fingerprint === fingerprint ? used(first) : reused(first)
  return { keyHash, fingerprint }
}

/** A claim whose request was not admitted comes to nothing. */
export const freeClaim = (claim: Claim | null, { idempotencyKeys }: Pick<GatewayDeps, 'idempotencyKeys'>): void =>
  claim ? idempotencyKeys.free(claim, claim.requestId) : undefined

/** The request is settled, and what it owes is written: its key is used up, or free again. */
export function endClaim(settlement: Settlement, { idempotencyKeys }: Pick<GatewayDeps, 'idempotencyKeys'>): void {
  const { idempotency, organizationId, mode, requestId, chargeNano, endedAt } = settlement
  if (idempotency === null) return
  const key = { organizationId, mode, keyHash: idempotency.keyHash }
  if (!usesUpKey(settlement)) return idempotencyKeys.free(key, requestId)
  idempotencyKeys.use({ ...key, fingerprint: idempotency.fingerprint, requestId, chargeNano, usedAt: endedAt })
}

/** Enough of a SHA-256 that nobody finds another call with the same. */
const fingerprintChars = 22

/** The key's text is in it, so that it cannot be told from a fingerprint whether somebody asked for a certain thing. */
async function fingerprintOf(
  text: string,
  { operation, params, region }: Inbound,
  body: Uint8Array,
  turns: GatewayDeps['turns'],
): Promise<string> {
  const hash = createHash('sha256').update(`${JSON.stringify([text, operation.name, params, region])}\n`)
  let at = 0
  const step = (): boolean => {
    hash.update(body.subarray(at, (at += sliceBytes)))
    return at >= body.length
  }
  if (body.length <= smallBytesMax) step()
  else await inTurns(step, turns)
  return hash.digest('base64url').slice(0, fingerprintChars)
}

const header = 'Idempotency-Key'

const notAllowed = (): GatewayError =>
  invalid(
    header,
    `The header ${header} must be 1 to 255 visible ASCII characters without spaces, such as a UUID. Nothing is owed.`,
  )

/** When the first one ends is not known: about as long as a short answer takes. */
const inUseRetryMs = 2_000

const inUse = (requestId: string): GatewayError =>
  new GatewayError(
    'idempotency_key_in_use',
    `This ${header} is in use: request ${requestId}, which came with it first, is still under way. Nothing was done for this one; ask again in a moment.`,
    {
      facts: { first_request_id: requestId },
      retryAfterMs: inUseRetryMs,
      headers: { 'retry-after-ms': String(inUseRetryMs), 'x-should-retry': 'true' },
    },
  )

const gone = { 'x-should-retry': 'false' }
const factsOf = ({ requestId, chargeNano }: KeyUse) => ({
  first_request_id: requestId,
  charge_usd: formatUsd(BigInt(chargeNano)),
  receipt: `/v1/receipts/${requestId}`,
})

function used(first: KeyUse): GatewayError {
  const facts = factsOf(first)
  return new GatewayError(
    'idempotency_key_used',
    `This ${header} was used by request ${first.requestId}, which was charged $${facts.charge_usd}; this one is not charged. Its receipt is at GET ${facts.receipt}. Answers are not kept, so to be answered send the call with another key: it is charged anew.`,
    { facts, headers: gone },
  )
}

function reused(first: KeyUse): GatewayError {
  const facts = factsOf(first)
  return new GatewayError(
    'idempotency_key_reused',
    `This ${header} was used for another call, request ${first.requestId} (receipt at GET ${facts.receipt}): the same key must come with the same URL and body. Nothing was done and nothing is owed; send a key of its own with each call.`,
    { param: header, facts, headers: gone },
  )
}
