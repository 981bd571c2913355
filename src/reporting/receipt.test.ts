import { expect, test } from 'bun:test'
import { settlementOf } from '../control/test-server.ts'
import { customerReceiptOf, receiptOf } from './receipt.ts'

test('what is wrong with an account of the operator’s is on the operator’s receipt, and not on the customer’s', () => {
  const settlement = settlementOf('org_a', 'key_a')
  const [served] = settlement.attempts as [(typeof settlement.attempts)[number]]
  const attempts = [{ ...served, status: 401, error: 'credential' }, { ...served, status: 429, error: 'rate' }, served]
  const failed = { ...settlement, attempts }
  expect(receiptOf(failed).attempts).toEqual(attempts)
  expect(customerReceiptOf(failed).attempts).toEqual([
    { ...served, status: null, error: 'unavailable' },
    attempts[1]!,
    served,
  ])
})
