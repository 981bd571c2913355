import { Center, Text } from '@mantine/core'
import { memo } from 'react'
import type { UsageOverTimeJson } from '../../../../src/control/contract-pages.ts'
import { Bars, Lines } from '../../ui/charts.tsx'
import type { TimeChartProps } from '../../ui/chart-types.ts'
import { shownCount, shownDuration, shownShare, wholeUsd, shownUsd } from '../../ui/format.ts'
import { slotTitle } from '../../ui/slot-title.ts'
import { addsUp, viewTitles, type View } from './usage-search.ts'
import { seriesOf } from './usage-series.ts'

type UsageChartProps = { readonly usage: UsageOverTimeJson; readonly view: View }

/** A metric over time, by groups. Drawn anew for other figures alone: it is the dearest thing of the page. */
export const UsageChart = memo(({ usage, view }: UsageChartProps) => {
  const { series, points, exact } = seriesOf(usage, view)
  if (series.length === 0)
    return (
      <Center h={294}>
        <Text c="dimmed">Nothing was used in this period with these filters.</Text>
      </Center>
    )
  const props: TimeChartProps = {
    label: `${viewTitles[view]} over time`,
    series,
    points,
    shown: (value, each, point) => {
      const said = each && point ? exact(each.id, point.at) : null
      return typeof said === 'string' ? wholeUsd(said) : shownValue(view, value)
    },
    shownAt: (at) => slotTitle(at, usage.unit, usage.zone),
  }
  return addsUp(view) ? <Bars {...props} /> : <Lines {...props} />
})

function shownValue(view: View, value: number): string {
  if (view === 'spend' || view === 'spendByKind' || view === 'cost' || view === 'margin')
    return shownUsd(BigInt(Math.round(value * 1e9)).toString())
  if (view === 'latency' || view === 'firstByte') return shownDuration(value)
  if (view === 'errorRate' || view === 'cacheHitRate') return shownShare(value)
  return shownCount(value, { isShort: true })
}
