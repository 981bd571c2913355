import { formatUsd, greater } from '../lib/amounts.ts'
import type { Transfer } from '../store/store.ts'
import { openai } from './dialects/openai/envelope.ts'
import type { KnownOperation } from './operation.ts'
import { readBooks, reportsMax } from './read-books.ts'

/**
 * `GET /v1/credits`: what an organization was given and what it has used of it, of the mode of the key that asks, in USD.
 * Shaped as OpenRouter's, which clients know (https://openrouter.ai/docs/api-reference/get-credits): the sums are numbers
 * there, so they are written digit by digit, never by way of a float. `available_usd` is what new requests can spend.
 */
export const getCredits: KnownOperation = {
  name: 'credits',
  dialect: openai,
  method: 'GET',
  path: '/v1/credits',
  async answer(_asked, key, deps) {
    const { organizationId, mode } = key
    const span = { organizationId, mode, by: 'model', from: 0, to: deps.clock.now() + dayMs } as const
    const [transfers, used, { balanceNano, leasedNano }] = await readBooks(key, reportsMax, deps, (store) =>
      Promise.all([store.transfers(organizationId), store.usage(span), store.balance(organizationId, mode)]),
    )
    const given = sumOf(transfers.filter((transfer) => transfer.mode === mode).map(givenBy))
    const usedNano = sumOf(used.map(({ chargeNano }) => chargeNano))
    const totals = `"total_credits":${formatUsd(given)},"total_usage":${formatUsd(usedNano)}`
    // What this node has leased and not held is still to be spent.
    const heldNano = greater(0n, leasedNano - deps.credit.idleNano(organizationId, mode))
    const body = `{"data":{${totals},"available_usd":"${formatUsd(balanceNano - heldNano)}","mode":"${mode}"}}`
    return { status: 200, headers: { 'content-type': 'application/json' }, body }
  },
}

/** Clocks of nodes differ by less. */
const dayMs = 86_400_000

/** What a transfer gave to an organization; less than nothing where it took it back. */
function givenBy({ kind, amountNano }: Transfer): bigint {
  if (kind === 'grant' || kind === 'top-up') return amountNano
  return kind === 'reversal' ? -amountNano : 0n
}

const sumOf = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n)
