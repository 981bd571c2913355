import { useEffect, useState } from 'react'
import { shownAgo, shownCount, shownDuration, shownTime, type WhenStyle } from './format.ts'
import { useHint } from './hint.tsx'

type CountProps = { readonly value: number | bigint | null; readonly isShort?: boolean }

/** A whole number as its reader writes it; shortened ones tell all of it on hover. */
export function Count({ value, isShort = false }: CountProps) {
  if (value === null) return <span aria-label="none">–</span>
  return isShort && value >= 1_000 ? (
    <ShortCount value={value} />
  ) : (
    <data value={String(value)}>{shownCount(value)}</data>
  )
}

function ShortCount({ value }: { readonly value: number | bigint }) {
  const { near, hint } = useHint(shownCount(value))
  return (
    <data value={String(value)} {...near}>
      {shownCount(value, { isShort: true })}
      {hint}
    </data>
  )
}

/** Milliseconds, in the units that people say. */
export const Duration = ({ ms }: { readonly ms: number | null }) =>
  ms === null ? <span aria-label="none">–</span> : <span style={{ whiteSpace: 'nowrap' }}>{shownDuration(ms)}</span>

type WhenProps = {
  /** ISO 8601, UTC; null: never. */
  readonly at: string | null
  /** How long ago, rather than when; which is told on hover then. */
  readonly isAgo?: boolean
  readonly precision?: WhenStyle
  /** The reader's own where it is not said. */
  readonly zone?: string
  readonly never?: string
}

/** A time in the reader's words and zone; in UTC, to the millisecond, on hover. */
export function When({ at, isAgo = false, precision = 'minute', zone, never = 'never' }: WhenProps) {
  return at === null ? <span>{never}</span> : <Time at={at} isAgo={isAgo} precision={precision} zone={zone} />
}

type TimeProps = {
  readonly at: string
  readonly isAgo: boolean
  readonly precision: WhenStyle
  readonly zone: string | undefined
}

function Time({ at, isAgo, precision, zone }: TimeProps) {
  const now = useNow(isAgo)
  const { near, hint } = useHint(isAgo ? `${shownTime(at, 'second')} · ${at}` : at)
  const time = shownTime(at, precision, zone === undefined ? {} : { zone })
  const shown = isAgo ? (shownAgo(at, now) ?? time) : time
  return (
    <time dateTime={at} style={{ whiteSpace: 'nowrap' }} {...near}>
      {shown}
      {hint}
    </time>
  )
}

const againMs = 15_000

/** Now, told again every quarter of a minute while it is needed. */
function useNow(isNeeded: boolean): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!isNeeded) return
    const timer = setInterval(() => setNow(Date.now()), againMs)
    return () => clearInterval(timer)
  }, [isNeeded])
  return now
}
