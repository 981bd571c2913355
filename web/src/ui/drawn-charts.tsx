/** What draws charts: loaded with the first one that is shown, by charts.tsx. */
import { BarChart, LineChart } from '@mantine/charts'
import { Paper, Text } from '@mantine/core'
import { useReducedMotion } from '@mantine/hooks'
import { useState } from 'react'
import { ReferenceArea } from 'recharts'
import type { TimeChartProps, TimePoint } from './chart-types.ts'

const heightUsual = 260

export function DrawnBars(props: TimeChartProps) {
  const { brush, handlers } = useBrush(props)
  return (
    <BarChart
      {...useShared(props)}
      type="stacked"
      maxBarWidth={44}
      barProps={{ isAnimationActive: false }}
      barChartProps={{ barCategoryGap: '18%', ...handlers }}
    >
      {brush && <ReferenceArea x1={brush.from} x2={brush.to} fill="var(--mart-color-accent)" fillOpacity={0.14} />}
    </BarChart>
  )
}

export const DrawnLines = (props: TimeChartProps) => (
  <LineChart
    {...useShared(props)}
    withDots={props.points.length < 2}
    strokeWidth={1.75}
    curveType="monotone"
    lineProps={{ isAnimationActive: false }}
  />
)

function useShared({ series, points, shown, shownAt, height = heightUsual }: TimeChartProps) {
  const isStill = useReducedMotion()
  const byTime = new Map(points.map((point) => [point.at, point]))
  return {
    h: height,
    data: points.map(({ at, values }) => ({ at, ...values })),
    dataKey: 'at',
    series: series.map(({ id, title, color }) => ({ name: id, label: title, color })),
    tickLine: 'none' as const,
    gridAxis: 'x' as const,
    withLegend: false,
    xAxisProps: { tickFormatter: shownAt, minTickGap: 36, tickMargin: 8 },
    yAxisProps: { tickFormatter: (value: number) => shown(value, null, null), width: 62 },
    tooltipAnimationDuration: isStill ? 0 : 80,
    tooltipProps: {
      content: ({ label }: { readonly label?: unknown }) => {
        const point = byTime.get(String(label))
        return point ? <Hint point={point} series={series} shown={shown} shownAt={shownAt} /> : null
      },
    },
  }
}

type HintProps = Pick<TimeChartProps, 'series' | 'shown' | 'shownAt'> & { readonly point: TimePoint }

const Hint = ({ point, series, shown, shownAt }: HintProps) => (
  <Paper withBorder radius="md" shadow="md" px="sm" py="xs">
    <Text size="sm" fw={600} mb={4}>
      {shownAt(point.at)}
    </Text>
    {series
      .filter(({ id }) => series.length === 1 || (point.values[id] ?? 0) !== 0)
      .map((each) => (
        <Text key={each.id} size="sm" style={{ display: 'flex', justifyContent: 'space-between', gap: 24 }}>
          <span>{each.title}</span>
          <span>{shown(point.values[each.id] ?? 0, each, point)}</span>
        </Text>
      ))}
  </Paper>
)

type Brush = { readonly from: string; readonly to: string }

/** Dragging over a part of the chart. By keyboard the same is said with the range above. */
function useBrush({ points, onBrush }: TimeChartProps) {
  const [brush, setBrush] = useState<Brush | null>(null)
  if (!onBrush) return { brush: null, handlers: {} }
  const labelOf = (state: { readonly activeLabel?: string | number | undefined }): string | null =>
    state.activeLabel === undefined ? null : String(state.activeLabel)
  const finish = (): void => {
    setBrush(null)
    if (brush === null) return
    const ends = [brush.from, brush.to].toSorted().map((at) => points.find((point) => point.at === at))
    if (ends[0] && ends[1]) onBrush(ends[0], ends[1])
  }
  return {
    brush,
    handlers: {
      style: { cursor: 'crosshair' },
      onMouseDown: (state: { activeLabel?: string | number | undefined }) => {
        const at = labelOf(state)
        if (at !== null) setBrush({ from: at, to: at })
      },
      onMouseMove: (state: { activeLabel?: string | number | undefined }) => {
        const at = labelOf(state)
        if (brush !== null && at !== null) setBrush({ ...brush, to: at })
      },
      onMouseUp: finish,
      onMouseLeave: () => setBrush(null),
    },
  }
}
