/** What a job is at, in words. */
import type { PageJobJson } from '../../../../src/control/contract-pages.ts'

export const jobStates = ['open', 'settled', 'void'] as const
export type JobState = (typeof jobStates)[number]

export const stateTitles: Readonly<Record<JobState, string>> = {
  open: 'In progress',
  settled: 'Charged',
  void: 'Given back',
}

export type JobWords = { readonly title: string; readonly color: string; readonly why: string }

/** A job's state as its reader should take it, and the rule that applied. */
export function wordsOf({ state, ending }: Pick<PageJobJson, 'state' | 'ending'>): JobWords {
  if (state === 'open')
    return {
      title: 'In progress',
      color: 'blue',
      why: 'What it can cost at most is set aside until it ends. Its provider is asked by us, whether or not you ask.',
    }
  if (state === 'settled')
    return {
      title: 'Done',
      color: 'mart',
      why: 'It was charged once by what its provider said it made; the rest of what was set aside was given back.',
    }
  return {
    title: voidTitles[ending ?? ''] ?? 'Failed',
    color: ending === 'cancelled' ? 'gray' : 'red',
    why: voidWhy(ending),
  }
}

const voidTitles: Readonly<Record<string, string>> = { cancelled: 'Cancelled', expired: 'Given up' }

function voidWhy(ending: string | null): string {
  if (ending === 'cancelled')
    return 'It was cancelled before it ended, so nothing is charged: all that was set aside was given back.'
  if (ending === 'expired') return 'It did not end in time, and was given up: all that was set aside was given back.'
  return 'It failed at its provider, so nothing is charged: all that was set aside was given back.'
}
