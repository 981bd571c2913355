/** What organizations ask operators for, in words. */
import type { PageServiceRequestJson } from '../../../src/control/contract-pages.ts'

type Kind = PageServiceRequestJson['kind']
type State = PageServiceRequestJson['state']

export const kindWords: Readonly<Record<Kind, { readonly title: string; readonly about: string }>> = {
  'rotate-exposed-key': {
    title: 'Rotate an exposed key',
    about: 'Its secret has leaked. An operator gives it a new one; until then, revoke it yourself if you can.',
  },
  'raise-limit': {
    title: 'Raise a limit',
    about: 'More requests or tokens a minute, more at once, or a larger budget for a key.',
  },
  'enable-eu': { title: 'Enable the EU', about: 'Requests of a key are processed in the EU alone.' },
  other: { title: 'Something else', about: 'Say what you need.' },
}

export const stateWords: Readonly<Record<State, { readonly title: string; readonly color: string }>> = {
  open: { title: 'Open', color: 'blue' },
  approved: { title: 'Approved', color: 'mart' },
  declined: { title: 'Declined', color: 'red' },
  withdrawn: { title: 'Withdrawn', color: 'gray' },
}

const askedTitles: Readonly<Record<string, string>> = {
  rpm: 'Requests a minute',
  tpm: 'Tokens a minute',
  concurrency: 'Requests at once',
  budget: 'Budget, USD',
  region: 'Region',
}

/** What is asked for, name by name. */
export const askedFacts = ({ asked }: Pick<PageServiceRequestJson, 'asked'>): readonly (readonly [string, string])[] =>
  Object.entries(asked).map(([name, value]) => [
    askedTitles[name] ?? name,
    value === null ? 'no limit' : `${value as string | number}`,
  ])
