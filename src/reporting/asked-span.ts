/** Spans of time as people ask for them: by dates of a time zone or by moments. */
import { z } from 'zod'
import { dateStart, isZone, sameTimeOn, dayStart, type ZonedSpan } from './time-slots.ts'

const momentAllowed = 'a date of the zone (2026-11-23) or a time with an offset (2026-11-23T08:00:00Z)'
const MomentInput = z.union([z.iso.date(), z.iso.datetime({ offset: true })], momentAllowed)

/** What a report may be asked for of time. */
export const spanInput = {
  from: MomentInput.optional().describe('First moment. A date is its first moment in the zone.'),
  to: MomentInput.optional().describe('First moment that is not in it any more. Left out: now.'),
  zone: z
    .string()
    .max(64)
    .refine(isZone, 'the name of a time zone, such as UTC or Europe/Berlin')
    .default('UTC')
    .describe('Time zone whose days, weeks and months are meant: a name of the IANA list, or an offset.'),
}

/** Ten years. */
const spanMsMax = 3_660 * 86_400_000
const minuteMs = 60_000

/**
 * The span that is asked for, widened to whole minutes, because usage is kept by them; from so many days before today's
 * begin to now where nothing is said. null where it ends before it begins, or is longer than ten years.
 */
export function askedSpan(
  asked: { readonly from?: string | undefined; readonly to?: string | undefined; readonly zone: string },
  { now, days }: { readonly now: number; readonly days: number },
): ZonedSpan | null {
  const { zone } = asked
  // What happens right now is in it.
  const to = asked.to === undefined ? now + 1 : momentOf(asked.to, zone)
  const from =
    asked.from === undefined ? sameTimeOn(dayStart(to - 1, zone), zone, 1 - days) : momentOf(asked.from, zone)
  if (from >= to || to - from > spanMsMax) return null
  return { from: Math.floor(from / minuteMs) * minuteMs, to: Math.ceil(to / minuteMs) * minuteMs, zone }
}

const momentOf = (text: string, zone: string): number => (text.includes('T') ? Date.parse(text) : dateStart(text, zone))
