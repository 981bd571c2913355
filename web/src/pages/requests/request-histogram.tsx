import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { memo } from 'react'
import type { RequestHistogramJson } from '../../../../src/control/contract-pages.ts'
import { useOrganization } from '../../shell/organization.ts'
import { Bars } from '../../ui/charts.tsx'
import type { Series, TimePoint } from '../../ui/chart-types.ts'
import { shownCount } from '../../ui/format.ts'
import { slotTitle } from '../../ui/slot-title.ts'
import { Trouble } from '../../ui/trouble.tsx'
import type { Narrow } from './requests-page.tsx'
import { histogramQuery } from './requests-queries.ts'
import type { RequestsQuery, RequestsSearch } from './requests-search.ts'

const height = 120
const series: readonly Series[] = [
  { id: 'served', title: 'Served', color: 'mart.6' },
  { id: 'errors', title: 'Failed or turned away', color: 'red.6' },
]

type RequestHistogramProps = {
  readonly asked: RequestsQuery
  readonly search: RequestsSearch
  readonly narrow: Narrow
}

/** How many there are over the period. Dragging over a part narrows the list to it. */
export function RequestHistogram({ asked, narrow }: RequestHistogramProps) {
  const { organization, mode } = useOrganization()
  const { data, error } = useQuery(histogramQuery(organization.id, mode, asked))
  if (error) return <Trouble error={error} title="The histogram could not be read" />
  if (!data) return <Skeleton height={height + 34} />
  return <Drawn histogram={data} narrow={narrow} />
}

type DrawnProps = { readonly histogram: RequestHistogramJson; readonly narrow: Narrow }

/** Drawn anew for other figures alone: `narrow` means the same whenever it was made. */
const Drawn = memo(
  ({ histogram, narrow }: DrawnProps) => {
    const { slots, requests, errors, unit, zone, to } = histogram
    const points = slots.map((at, slot) => ({
      at,
      values: { served: requests[slot]! - errors[slot]!, errors: errors[slot]! },
    }))
    const endOf = ({ at }: TimePoint): string => slots[slots.indexOf(at) + 1] ?? to
    return (
      <Bars
        label="Requests over time"
        series={series}
        points={points}
        height={height}
        shown={(value) => shownCount(value)}
        shownAt={(at) => slotTitle(at, unit, zone)}
        onBrush={(first, last) => narrow({ since: first.at, until: endOf(last) })}
      />
    )
  },
  (before, now) => before.histogram === now.histogram,
)
