/** How requests end, and the rule that applied to their money, in words. */
import type { EntryJson } from '../../../../src/control/contract-pages.ts'

type Words = { readonly title: string; readonly rule: string }

const endings: Readonly<Record<string, Words>> = {
  completed: {
    title: 'Completed',
    rule: 'It came to its end. You pay for the usage that its provider counted, at the prices frozen when it was admitted.',
  },
  'client-left': {
    title: 'Client left',
    rule: 'Your client closed the connection. You pay for what it was sent until then, once.',
  },
  'upstream-failed': {
    title: 'Provider failed',
    rule: 'The answer broke off at its provider. You pay for what was received, and for nothing where nothing was.',
  },
  'upstream-refused': {
    title: 'Provider refused',
    rule: 'Its provider turned the request away. That costs nothing.',
  },
  'in-doubt': {
    title: 'In doubt',
    rule: 'The gateway ended while it was under way. You pay for what is known to have been sent to you.',
  },
  reserved: {
    title: 'In progress',
    rule: 'What it can cost at most is set aside until its job ends; then it is charged once, and the rest is given back.',
  },
  cancelled: { title: 'Cancelled', rule: 'It was cancelled before it ended. Nothing is charged.' },
  expired: { title: 'Given up', rule: 'Its job did not end in time. Nothing is charged.' },
}

/** An ending's words; of a call that was turned away, its error code. */
export const endingWords = ({ ending, state }: Pick<EntryJson, 'ending' | 'state'>): Words =>
  endings[ending] ??
  (state === 'rejected'
    ? { title: ending, rule: 'It was turned away or failed before it was paid for. It cost nothing.' }
    : { title: ending, rule: 'See the reference for what this ending means.' })

export const endingOptions = Object.entries(endings).map(([value, { title }]) => ({ value, label: title }))

export const flagWords: Readonly<Record<string, string>> = {
  estimated: 'Its provider told no usable usage, so tokens were counted by us. Never above what was held.',
  'usage-mismatch': 'Its provider told figures that cannot be true or contradict each other; those were left out.',
  'usage-unknown': 'Its provider told figures under names that we do not know; they are in no line.',
  'other-model-served': 'Its provider says that another model served it, so that model’s price counts.',
  'over-hold': 'It came to more than was held; what is beyond is not yours to pay.',
  'output-clamped': 'Credit was short, so a lower limit of output was sent.',
  'price-fallback': 'There was no price of its own for what was used; the next one was taken.',
  translated: 'Its provider does not have this endpoint, so it was asked another way.',
}
export const flagOptions = Object.keys(flagWords).map((value) => ({ value, label: value }))
