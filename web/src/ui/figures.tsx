import { Tooltip } from '@mantine/core'
import { useEffect, useState } from 'react'
import { shownAgo, shownCount, shownDuration, shownTime, type WhenStyle } from './format.ts'

type CountProps = { readonly value: number | bigint | null; readonly isShort?: boolean }

/** A whole number as its reader writes it; shortened ones tell all of it on hover. */
export function Count({ value, isShort = false }: CountProps) {
  if (value === null) return <span aria-label="none">–</span>
  const shown = <data value={String(value)}>{shownCount(value, { isShort })}</data>
  return isShort && value >= 1_000 ? <Tooltip label={shownCount(value)}>{shown}</Tooltip> : shown
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
  const now = useNow(isAgo && at !== null)
  if (at === null) return <span>{never}</span>
  const time = shownTime(at, precision, zone === undefined ? {} : { zone })
  const shown = isAgo ? (shownAgo(at, now) ?? time) : time
  return (
    <Tooltip label={isAgo ? `${shownTime(at, 'second')} · ${at}` : at}>
      <time dateTime={at} style={{ whiteSpace: 'nowrap' }}>
        {shown}
      </time>
    </Tooltip>
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
