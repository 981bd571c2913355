/**
 * The header `Idempotency-Key`: a client that lost the answer repeats the call with the same key, pays once, and is given
 * the first answer again (see `replay.ts`). Who sends none, as the official SDKs do by themselves, is asked for nothing
 * but the header.
 */
import { createHash } from 'node:crypto'
import { assert } from '../lib/assert.ts'
import { formatUsd } from '../lib/amounts.ts'
import type { HttpRequest } from '../lib/http-server/contract.ts'
import type { Holder } from '../money/idempotency-keys.ts'
import type { Idempotency, KeyRow, KeyUse, Settlement } from '../store/store.ts'
import { usesUpKey } from '../store/uses-up-key.ts'
import type { Admitted } from './admit.ts'
import { inTurns, sliceBytes, smallBytesMax } from './body.ts'
import type { GatewayDeps } from './deps.ts'
import { isForm, isStream } from './dialect.ts'
import { GatewayError, invalid } from './errors.ts'
import { digestOf } from './form-body.ts'
import { keyHashOf } from './may-repeat.ts'
import type { Inbound, Operation } from './operation.ts'
import type { Sent } from './take-body.ts'

/** A key that a request has come with. */
export type Claim = Pick<KeyRow, 'organizationId' | 'mode'> & {
  readonly requestId: string
  readonly text: string
  readonly keyHash: string
}

type Claimant = { readonly key: KeyRow; readonly requestId: string }

/** Whether a call takes a key: what is paid, and what leaves something behind. */
export const takesKey = ({ due, effects }: Operation): boolean => due !== 'free' || effects !== 'none'

/** Reads the key of the header; null for a request without one. Throws `invalid_request`. */
export function readKey(
  { headers }: HttpRequest,
  { key: { organizationId, mode }, requestId }: Claimant,
): Claim | null {
  const text = headers.get('idempotency-key')
  if (text === null) return null
  if (!allowedText.test(text)) throw notAllowed()
  return { organizationId, mode, requestId, text, keyHash: keyHashOf(text) }
}

const allowedText = /^[!-~]{1,255}$/

/** What is asked under a key. `body`: as it was sent, less its content-encoding. */
export type AskedUnder = {
  readonly request: HttpRequest
  readonly inbound: Inbound
  readonly body: Sent
}

/** The key is the request's, until that is settled or `freeClaim`; or another has used it up. `hasWaited`: for that one, so that what was so of it may be so no more. */
export type Claimed = { readonly hasWaited: boolean } & (
  | { readonly state: 'held'; readonly idempotency: Idempotency }
  | { readonly state: 'used'; readonly first: KeyUse }
)

type ClaimDeps = Pick<GatewayDeps, 'idempotencyKeys' | 'idempotency' | 'turns'>

/**
 * Claims a key for what is asked under it. Where another request has it for the same, that one is waited for. Rejects with
 * `idempotency_key_reused` for another call than the first, and with `idempotency_key_in_use` where waiting has come to
 * nothing.
 */
export async function claimKey(
  claim: Claim,
  { request, inbound, body }: AskedUnder,
  deps: ClaimDeps,
): Promise<Claimed> {
  const { requestId, keyHash } = claim
  const said = await saidIn(body)
  const fingerprint = await fingerprintOf(claim.text, inbound, said, deps.turns)
  let holder = deps.idempotencyKeys.claim(claim, { requestId, fingerprint })
  const hasWaited = holder?.state === 'in-use'
  if (holder?.state === 'in-use') {
    if (holder.fingerprint !== fingerprint) throw reusedMeanwhile(holder.requestId)
    holder = await waitForKey(claim, request, deps)
  }
  if (holder === null) return { state: 'held', hasWaited, idempotency: { keyHash, fingerprint } }
  if (holder.state === 'in-use') throw inUse(holder.requestId)
  if (holder.use.fingerprint !== fingerprint) throw reused(holder.use)
  return { state: 'used', hasWaited, first: holder.use }
}

/** What tells one call from another. */
function saidIn(body: Sent): Uint8Array | Promise<Uint8Array> {
  assert(!isStream(body), 'what passes as it comes has no key')
  return isForm(body) ? digestOf(body.form) : body
}

/** Waits until the first request has ended, for as long as is allowed and the client stays. */
async function waitForKey(claim: Claim, request: HttpRequest, deps: ClaimDeps): Promise<Holder | null> {
  const patience = new AbortController()
  const leave = (): void => patience.abort()
  const timer = setTimeout(leave, deps.idempotency.waitMsMax)
  request.onLeave(leave)
  try {
    return await deps.idempotencyKeys.wait(claim, claim.requestId, patience.signal)
  } finally {
    clearTimeout(timer)
  }
}

/** A claim whose request was not admitted comes to nothing; one that was never made stays so. */
export const freeClaim = (claim: Claim | null, { idempotencyKeys }: Pick<GatewayDeps, 'idempotencyKeys'>): void =>
  claim ? idempotencyKeys.free(claim, claim.requestId) : undefined

type EndDeps = Pick<GatewayDeps, 'idempotencyKeys' | 'keptAnswers'>

/** The request is settled, and what it owes is written: its key is used up, or free again and nothing is kept for it. */
export function endClaim(settlement: Settlement, deps: EndDeps): void {
  const { idempotency, organizationId, mode, requestId, chargeNano, endedAt, ending, resources = [] } = settlement
  if (idempotency === null) return
  const job = ending === 'reserved' ? resources[0]?.id : undefined
  const use = { ...idempotency, organizationId, mode, requestId, chargeNano, usedAt: endedAt, ...(job && { job }) }
  if (usesUpKey(settlement)) deps.idempotencyKeys.use(use)
  else giveBack(use, deps)
}

/** The same of a request that is free. `isServed`: it was done. */
export function endFreeClaim(admitted: Admitted, isServed: boolean, deps: EndDeps & Pick<GatewayDeps, 'clock'>): void {
  const use = freeUse(admitted, deps)
  if (use === null) return
  if (isServed) deps.idempotencyKeys.use(use)
  else giveBack(use, deps)
}

function giveBack(use: KeyUse, { idempotencyKeys, keptAnswers }: EndDeps): void {
  keptAnswers.drop(use.requestId)
  idempotencyKeys.free(use, use.requestId)
}

/** The use of its key that no settlement will tell of, because it is free; null for one that is paid, or has none. */
export function freeUse(
  { requestId, key: { organizationId, mode }, idempotency, paid }: Admitted,
  { clock }: Pick<GatewayDeps, 'clock'>,
): KeyUse | null {
  if (idempotency === null || paid) return null
  return { ...idempotency, organizationId, mode, requestId, chargeNano: '0', usedAt: clock.now(), isFree: true }
}

/** Enough of a SHA-256 that nobody finds another call with the same. */
const fingerprintChars = 22

/** The key's text is in it, so that it cannot be told from a fingerprint whether somebody asked for a certain thing. */
async function fingerprintOf(
  text: string,
  { operation, params, region, query }: Inbound,
  body: Uint8Array,
  turns: GatewayDeps['turns'],
): Promise<string> {
  const asked = query.size === 0 ? [] : [query.toString()]
  const hash = createHash('sha256').update(`${JSON.stringify([text, operation.name, params, region, ...asked])}\n`)
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
    `The header ${header} must be 1 to 255 visible ASCII characters without spaces, such as a UUID, and be sent once. Nothing is owed.`,
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
const factsOf = ({ requestId, chargeNano, job, isFree }: KeyUse) => ({
  first_request_id: requestId,
  ...(job === undefined ? { charge_usd: formatUsd(chargeNano) } : { job_id: job }),
  ...(isFree ? {} : { receipt: `/v1/receipts/${requestId}` }),
})
/** For people. */
function accountOf({ requestId, chargeNano, job, isFree }: KeyUse): string {
  if (isFree) return 'was free'
  const receipt = `receipt at GET /v1/receipts/${requestId}`
  return job === undefined
    ? `was charged $${formatUsd(chargeNano)} (${receipt})`
    : `began ${job}, charged once when that has ended (${receipt})`
}

/** The refusal of a repeat whose answer is not kept. */
export function used(first: KeyUse): GatewayError {
  const anew = first.isFree ? 'done' : 'charged'
  const instead = first.job === undefined ? '' : ` Ask for ${first.job} by its id.`
  return new GatewayError(
    'idempotency_key_used',
    `This ${header} was used by request ${first.requestId}, which ${accountOf(first)}; this one is not charged. Its answer is not kept.${instead} For another answer send the call with another key: it is ${anew} anew.`,
    { facts: factsOf(first), headers: gone },
  )
}

/** What ends a repeat of an answer that was never whole, where words can. */
export function brokeOff(first: KeyUse): GatewayError {
  return new GatewayError(
    'idempotency_key_used',
    `This is all that is left of the answer to request ${first.requestId}, which broke off and ${accountOf(first)}; this repeat is not charged. To be answered whole send the call with another ${header}: it is charged anew.`,
    { facts: factsOf(first), headers: gone },
  )
}

const onlyTheSame = `the same key must come with the same URL and body. Nothing was done and nothing is owed; send a key of its own with each call.`

function reused(first: KeyUse): GatewayError {
  return new GatewayError(
    'idempotency_key_reused',
    `This ${header} was used for another call, request ${first.requestId}, which ${accountOf(first)}: ${onlyTheSame}`,
    { param: header, facts: factsOf(first), headers: gone },
  )
}

const reusedMeanwhile = (requestId: string): GatewayError =>
  new GatewayError(
    'idempotency_key_reused',
    `This ${header} is in use for another call, request ${requestId}, which is under way: ${onlyTheSame}`,
    { param: header, facts: { first_request_id: requestId }, headers: gone },
  )
