import { DatePicker } from '@mantine/dates'
import { useState } from 'react'
import type { TimeRangeSearch } from './time-range.ts'

type PickDaysProps = { readonly value: TimeRangeSearch; readonly onChange: (value: TimeRangeSearch) => void }

/** A first and a last day; told once both are chosen. */
export function PickDays({ value, onChange }: PickDaysProps) {
  const [days, setDays] = useState<[string | null, string | null]>([value.from ?? null, value.to ?? null])
  const change = ([from, to]: [string | null, string | null]): void => {
    setDays([from, to])
    if (from !== null && to !== null) onChange({ ...value, range: 'custom', from, to })
  }
  return <DatePicker type="range" allowSingleDateInRange size="sm" value={days} onChange={change} />
}
