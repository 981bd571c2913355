/**
 * Spans of time in the calendar of a time zone. Days, weeks and months begin when they do there, so a day may have 23
 * or 25 hours, and hours begin where the zone's do (at :15 or :45 of UTC in some). All bounds are whole minutes.
 */

export const slotUnits = ['minute', 'hour', 'day', 'week', 'month'] as const
export type SlotUnit = (typeof slotUnits)[number]

/** [from, to) in epoch ms. */
export type Span = { readonly from: number; readonly to: number }
export type ZonedSpan = Span & { readonly zone: string }

/** Slots of one report, at most. */
export const slotsMax = 1_000

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Whether it is the name of a time zone (IANA, as `Europe/Berlin`) or an offset (`+05:45`). */
export function isZone(zone: string): boolean {
  try {
    return zonedAt(0, zone).timeZoneId !== ''
  } catch {
    return false
  }
}

/**
 * The bounds of the slots that a span has: its own ends, and every begin of the unit between them, so that the first and
 * the last slot may be shorter. Gives no more than `slotsMax` + 2 of them.
 */
export function slotBounds({ from, to, zone }: ZonedSpan, unit: SlotUnit): number[] {
  const bounds = [from]
  for (let at = nextStart(from, unit, zone); at < to && bounds.length <= slotsMax; at = nextStart(at, unit, zone))
    bounds.push(at)
  bounds.push(to)
  return bounds
}

/** Whether a span has no more than `slotsMax` slots of a unit. */
export const isWithinSlots = (span: ZonedSpan, unit: SlotUnit): boolean => slotBounds(span, unit).length <= slotsMax + 1

/** The finest unit in which a span is at most about a hundred slots. */
export function fittingUnit({ from, to }: Span): SlotUnit {
  const ms = to - from
  if (ms <= 2 * hourMs) return 'minute'
  if (ms <= 4 * dayMs) return 'hour'
  if (ms <= 100 * dayMs) return 'day'
  return ms <= 366 * dayMs ? 'week' : 'month'
}

/** When the day began that a time is in. */
export const dayStart = (at: number, zone: string): number => zonedAt(at, zone).startOfDay().epochMilliseconds

/** The same time of day, days before or after (by the clock on the wall). */
export const sameTimeOn = (at: number, zone: string, days: number): number =>
  zonedAt(at, zone).add({ days }).epochMilliseconds

/** The first moment of a date (`2026-11-23`) there. */
export const dateStart = (date: string, zone: string): number =>
  Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds

/** The date there. */
export const dateOf = (at: number, zone: string): string => zonedAt(at, zone).toPlainDate().toString()

/** The span before that is as long: as many months where it is whole months, as many days where it is whole days. */
export function spanBefore({ from, to, zone }: ZonedSpan): ZonedSpan {
  const [start, end] = [zonedAt(from, zone), zonedAt(to, zone)]
  const isWholeDays = [start, end].every((each) => each.equals(each.startOfDay()))
  if (!isWholeDays) return { from: from - (to - from), to: from, zone }
  const isWholeMonths = start.day === 1 && end.day === 1
  const length = start.until(end, { largestUnit: isWholeMonths ? 'months' : 'days' })
  return { from: start.subtract(length).startOfDay().epochMilliseconds, to: from, zone }
}

/** The first begin of the unit after a time. */
function nextStart(at: number, unit: SlotUnit, zone: string): number {
  if (unit === 'minute') return Math.floor(at / minuteMs) * minuteMs + minuteMs
  const zoned = zonedAt(at, zone)
  switch (unit) {
    case 'hour':
      // By exact minutes to the next full hour on the wall: an hour that is there twice is two, wherever clocks go back half of one.
      return Math.floor(at / minuteMs) * minuteMs + (60 - zoned.minute) * minuteMs
    case 'day':
      return startIn(zoned, { days: 1 })
    case 'week':
      return startIn(zoned, { days: 8 - zoned.dayOfWeek })
    case 'month':
      return startIn(zoned.with({ day: 1 }), { months: 1 })
  }
}

const startIn = (zoned: Temporal.ZonedDateTime, duration: Temporal.DurationLike): number =>
  zoned.startOfDay().add(duration).startOfDay().epochMilliseconds

const zonedAt = (at: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
