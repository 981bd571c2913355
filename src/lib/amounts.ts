/**
 * Units of money. Every amount is an integer: nano-USD (10⁻⁹ USD) for what is charged and kept,
 * pico-USD (10⁻¹² USD) for the price of one unit, because list prices such as $0.0375 per million
 * tokens are not whole nano-USD per token. No float ever holds money.
 */
export type Nano = bigint & { readonly __unit: 'nano-USD' }
export type Pico = bigint & { readonly __unit: 'pico-USD' }

export const zeroNano = 0n as Nano
const nanoPerUsd = 1_000_000_000n
const nanoDigits = 9

/** Reads a decimal USD amount such as `25`, `25.00` or `0.000000001`; null when it is not one or is finer than a nano-USD. */
export function parseUsd(text: string): Nano | null {
  const match = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text)
  if (!match) return null
  const fraction = (match[2] ?? '').padEnd(nanoDigits, '0')
  return (BigInt(match[1]!) * nanoPerUsd + BigInt(fraction)) as Nano
}

/** Writes nano-USD, or the decimal that they are kept as, as exact decimal USD: at least two decimals, no trailing zeros beyond them (`25.00`, `0.000123456`). */
export function formatUsd(amount: bigint | string): string {
  const text = amount.toString()
  const sign = text.startsWith('-') ? '-' : ''
  const digits = text.slice(sign.length).padStart(nanoDigits + 1, '0')
  const point = digits.length - nanoDigits
  let end = digits.length
  while (end > point + decimalsMin && digits[end - 1] === '0') end -= 1
  return `${sign}${digits.slice(0, point)}.${digits.slice(point, end)}`
}
const decimalsMin = 2

/** The smaller of two amounts. */
export const lesser = <T extends bigint>(a: T, b: T): T => (a < b ? a : b)
/** The larger of two amounts. */
export const greater = <T extends bigint>(a: T, b: T): T => (a > b ? a : b)
