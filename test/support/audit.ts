/**
 * The audit of everything one account did through a recorder: every paid exchange has a receipt whose
 * lines multiply out to its charge, and the balance fell by exactly the sum of those charges.
 */
import { formatUsd } from '../../src/lib/amounts.ts'
import type { Settlement } from '../../src/store/store.ts'
import { eventually } from './eventually.ts'
import { balanceNano, type Account } from './mart.ts'
import { faultsOf, receiptOf } from './receipt.ts'
import type { Exchange, Recorder } from './recorder.ts'
import type { Server } from './start-server.ts'

/** Receipts of aborted streams wait for the upstream to be drained; balances for the journal to be shipped. */
const settledMsMax = 20_000
const paidPath =
  /\/chat\/completions$|\/embeddings$|\/videos$|\/responses(?:\/compact)?$|\/images\/(?:generations|edits)$|:(?:stream)?generateContent$/i

export type Audit = {
  readonly faults: readonly string[]
  readonly receipts: readonly Settlement[]
  readonly chargedNano: bigint
}

export async function audit(server: Server, account: Account, recorder: Recorder, beforeNano: bigint): Promise<Audit> {
  // One after the other: an organization asks for a few receipts at once.
  const found: Settled[] = []
  for (const exchange of recorder.exchanges) found.push(await settled(server, account, exchange))
  const receipts = found.flatMap(({ receipt }) => (receipt ? [receipt] : []))
  const chargedNano = receipts.reduce((total, { chargeNano }) => total + BigInt(chargeNano), 0n)
  const faults = [
    ...found.flatMap(({ fault }) => (fault ? [fault] : [])),
    ...receipts.flatMap(faultsOf),
    ...(await balanceFaults(server, account, beforeNano, chargedNano)),
  ]
  return { faults, receipts, chargedNano }
}

type Settled = { readonly receipt?: Settlement; readonly fault?: string }

async function settled(server: Server, account: Account, exchange: Exchange): Promise<Settled> {
  const { method, path, status, requestId } = exchange
  const name = `${method} ${path} → ${status}`
  if (!requestId?.startsWith('req_')) return { fault: `${name}: x-request-id is ${requestId ?? 'absent'}` }
  // An answer that is given again was paid by the first request, and says of itself that it is not.
  const isReplay = exchange.headers.get('idempotent-replayed') === 'true'
  const isPaid = method === 'POST' && status === 200 && paidPath.test(path) && !isReplay
  const receipt = isPaid
    ? await eventually(
        () => receiptOf(server.baseUrl, account.key, requestId).then(ended),
        settledMsMax,
        () => `${name}: no receipt for ${requestId}`,
      ).catch((error: unknown) => String(error))
    : await receiptOf(server.baseUrl, account.key, requestId)
  if (typeof receipt === 'string') return { fault: receipt }
  if (receipt && receipt.organizationId !== account.organizationId)
    return { fault: `${name}: ${requestId} was paid by another organization` }
  const header = exchange.headers.get('x-mart-charge-usd')
  const charge = receipt || isReplay ? formatUsd(BigInt(receipt?.chargeNano ?? 0)) : null
  if (header !== null && header !== charge)
    return { fault: `${name}: x-mart-charge-usd says ${header}, the receipt ${charge}` }
  return receipt ? { receipt } : {}
}

/** What is reserved is charged when it has ended. */
const ended = (receipt: Settlement | null): Settlement | null => (receipt?.ending === 'reserved' ? null : receipt)

async function balanceFaults(
  server: Server,
  account: Account,
  beforeNano: bigint,
  chargedNano: bigint,
): Promise<string[]> {
  let fell = 0n
  const words = (): string => `the balance fell by ${fell} nano-USD, the charges come to ${chargedNano}`
  const ask = async (): Promise<true | null> => {
    fell = beforeNano - (await balanceNano(server, account.organizationId))
    return fell === chargedNano ? true : null
  }
  return eventually(ask, settledMsMax, words).then(
    () => [],
    (error: unknown) => [String(error)],
  )
}
