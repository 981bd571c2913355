import { expect, test } from 'bun:test'
import { settlementOf } from '../control/test-server.ts'
import { receiptOf } from '../reporting/receipt.ts'
import type { Settlement } from '../store/store.ts'
import { receiptText } from './receipt-text.ts'

const textOf = (changes: Partial<Settlement>): string =>
  receiptText(receiptOf({ ...settlementOf('org_a', 'key_a'), ...changes }))
const [answered] = settlementOf('org_a', 'key_a').attempts as [Settlement['attempts'][number]]
const failed = { ending: 'upstream-failed', status: 503, lines: [], chargeNano: '0', ratedNano: '0' } as const

test('the receipt of a failed request says that nothing was charged, and why, attempt by attempt', () => {
  const text = textOf({
    ...failed,
    attempts: [
      { ...answered, status: 401, error: 'credential', endedMs: 12.4 },
      { ...answered, deployment: 'spare', status: null, error: 'first-byte', endedMs: 900 },
    ],
  })
  expect(text).toEndWith(
    [
      '',
      'Nothing was charged: no deployment gave an answer. The $1.00 held for it are free again.',
      '',
      'attempts',
      '  sandbox in us: its credential was refused (401), after 12 ms',
      '  spare in us: it did not begin its answer in time, after 900 ms',
    ].join('\n'),
  )
  expect(text).not.toContain('CLASS')
})

test('where nobody could be asked it says where to look', () => {
  expect(textOf({ ...failed, attempts: [] })).toContain(
    'Nothing was charged: no deployment could be asked; `mart deployment list` says why.',
  )
})

test('what was served has its lines, and its attempts only where one failed', () => {
  const text = textOf({})
  expect(text).toMatch(/CLASS +QUANTITY/)
  expect(text).toEndWith('charged  $0.0125')
  expect(textOf({ attempts: [{ ...answered, status: 429, error: 'rate' }, answered] })).toEndWith(
    'attempts\n  sandbox in us: it was asked too often (429), after 121 ms\n  sandbox in us: answered (200), after 121 ms',
  )
})

test('what is reserved says how much, and that it is not charged yet; what came of it says so', () => {
  const reserved = textOf({ ...failed, ending: 'reserved', status: 200, holdNano: '1200000000', attempts: [answered] })
  expect(reserved).toContain('(reserved, HTTP 200')
  expect(reserved).toEndWith(
    '$1.20 is reserved, which is the most that this can cost. It is charged for what its provider says was used, once that is known; the rest is free again.',
  )
  for (const [ending, words] of [
    ['cancelled', 'it was cancelled'],
    ['expired', 'its provider gave no result in time'],
  ] as const)
    expect(textOf({ ...failed, ending, status: 200, attempts: [answered] })).toContain(`Nothing was charged: ${words}.`)
})
