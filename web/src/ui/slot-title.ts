/** What a slot of time is called in a zone, as its reader writes it. */
import type { RequestHistogramJson } from '../../../src/control/contract-pages.ts'
import { locale } from './format.ts'

export type SlotUnit = RequestHistogramJson['unit']

const day = { day: 'numeric', month: 'short' } as const
const time = { ...day, hour: '2-digit', minute: '2-digit' } as const

const parts: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  month: { month: 'long', year: 'numeric' },
  week: day,
  day,
}

/** `at`: when it begins, ISO 8601. */
export const slotTitle = (at: string, unit: SlotUnit, zone: string): string =>
  new Intl.DateTimeFormat(locale(), { ...(parts[unit] ?? time), timeZone: zone }).format(new Date(at))
