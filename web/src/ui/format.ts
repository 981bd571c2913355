/** Amounts, counts and times as their reader writes them. Money is never a float here: it goes from text to text. */

/** As the browser's reader has it; of the first language that he prefers. */
export const locale = (): string => navigator.language

const nanoDigits = 9
const picoDigits = 12

/** Nano-USD as a decimal text of USD, exact: `12500000` is `0.0125`. */
export function exactUsd(nano: string): string {
  const sign = nano.startsWith('-') ? '-' : ''
  const digits = nano.replace('-', '').padStart(nanoDigits + 1, '0')
  const fraction = digits.slice(-nanoDigits).replace(/0+$/, '')
  const whole = digits.slice(0, -nanoDigits)
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/**
 * As a reader of `locale` writes it, rounded to what is worth reading: cents from a dollar on, and below it three digits
 * that say something. What is not nothing is never shown as nothing.
 */
export function shownUsd(nano: string, language = locale()): string {
  const usd = exactUsd(nano) as `${number}`
  const isSmall = /^-?0\.\d/.test(usd)
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency: 'USD',
    ...(isSmall
      ? { minimumFractionDigits: 2, maximumFractionDigits: fractionDigitsOf(usd) }
      : { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  }).format(usd)
}

/**
 * What there is to spend, as `shownUsd`, and never more than there is: rounded down, and with the digits behind the cent
 * where these say something beside the dollars.
 */
export function shownBalance(nano: string, language = locale()): string {
  const usd = exactUsd(nano) as `${number}`
  const [whole = '', fraction = ''] = usd.replace('-', '').split('.')
  const digits = whole === '0' ? fractionDigitsOf(usd) : whole.length <= wholeDigitsWithParts ? 4 : 2
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: fraction === '' ? 2 : Math.max(2, digits),
    roundingMode: usd.startsWith('-') ? 'expand' : 'trunc',
  }).format(usd)
}

const wholeDigitsWithParts = 3
const digitsSaid = 3

/** Of an amount below one: as many as show three digits behind the zeros in front. */
function fractionDigitsOf(usd: string): number {
  const [, zeros = ''] = /^-?0\.(0*)/.exec(usd) ?? []
  return Math.min(nanoDigits, zeros.length + digitsSaid)
}

/** Every digit, as a reader of `locale` writes it. */
export const wholeUsd = (nano: string, language = locale()): string => decimalUsd(exactUsd(nano), language)

/** A decimal text of USD, such as the amounts of a receipt's lines: every digit, to the pico. */
export const decimalUsd = (usd: string, language = locale()): string =>
  new Intl.NumberFormat(language, {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: picoDigits,
  }).format(usd as `${number}`)

/** A whole number. `isShort`: `1.2M`, for axes and figures whose exact value stands elsewhere. */
export const shownCount = (count: number | bigint, { isShort = false, language = locale() } = {}): string =>
  new Intl.NumberFormat(
    language,
    isShort ? { notation: 'compact', maximumFractionDigits: 1 } : { maximumFractionDigits: 0 },
  ).format(count)

/** How many a second, to a tenth. */
export const shownRate = (rate: number, language = locale()): string =>
  new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(rate)

/** A share of one: `0.0123` is `1.2 %`, as the reader writes it. */
export const shownShare = (share: number, language = locale()): string =>
  new Intl.NumberFormat(language, {
    style: 'percent',
    maximumFractionDigits: share !== 0 && share < 0.1 ? 1 : 0,
  }).format(share)

export const shownBytes = (bytes: number, language = locale()): string => {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: units[power]!,
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(bytes / 1000 ** power)
}

/** `240 ms`, `1.24 s`, `2 min 5 s`, `3 h 12 min`, `4 days`. */
export function shownDuration(ms: number, language = locale()): string {
  const unit = (value: number, name: string, digits = 0): string =>
    new Intl.NumberFormat(language, {
      style: 'unit',
      unit: name,
      unitDisplay: name === 'day' ? 'long' : 'short',
      maximumFractionDigits: digits,
    }).format(value)
  if (ms < 1_000) return unit(Math.round(ms), 'millisecond')
  if (ms < 10_000) return unit(ms / 1_000, 'second', 2)
  if (ms < 60_000) return unit(ms / 1_000, 'second', 1)
  const seconds = Math.round(ms / 1_000)
  if (seconds < 3_600)
    return joined(unit(Math.floor(seconds / 60), 'minute'), seconds % 60, (rest) => unit(rest, 'second'))
  const minutes = Math.round(seconds / 60)
  if (minutes < 48 * 60)
    return joined(unit(Math.floor(minutes / 60), 'hour'), minutes % 60, (rest) => unit(rest, 'minute'))
  return unit(Math.round(minutes / (24 * 60)), 'day')
}

const joined = (first: string, rest: number, second: (rest: number) => string): string =>
  rest === 0 ? first : `${first} ${second(rest)}`

/** The reader's own time zone. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

export type WhenStyle = 'minute' | 'second' | 'date'

const date = { day: 'numeric', month: 'short', year: 'numeric' } as const
const minute = { ...date, hour: '2-digit', minute: '2-digit' } as const
const whenParts: Readonly<Record<WhenStyle, Intl.DateTimeFormatOptions>> = {
  date,
  minute,
  second: { ...minute, second: '2-digit' },
}

/** A time in a zone: `30 Nov 2026, 16:45`. */
export function shownTime(
  iso: string,
  style: WhenStyle = 'minute',
  { zone = ownZone(), language = locale() } = {},
): string {
  return new Intl.DateTimeFormat(language, { ...whenParts[style], timeZone: zone }).format(new Date(iso))
}

const steps = [
  { unit: 'second', ms: 1_000, below: 60_000 },
  { unit: 'minute', ms: 60_000, below: 3_600_000 },
  { unit: 'hour', ms: 3_600_000, below: 86_400_000 },
  { unit: 'day', ms: 86_400_000, below: 30 * 86_400_000 },
] as const

/** `3 min. ago`, `in 2 days`; null for what is more than a month away, where a date says more. */
export function shownAgo(iso: string, now: number, language = locale()): string | null {
  const ms = Date.parse(iso) - now
  if (Math.abs(ms) < 1_000) return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(0, 'second')
  const step = steps.find(({ below }) => Math.abs(ms) < below)
  if (!step) return null
  return new Intl.RelativeTimeFormat(language, { style: 'short' }).format(Math.trunc(ms / step.ms), step.unit)
}

/** Any value of a setting or of an audit entry, as text. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
