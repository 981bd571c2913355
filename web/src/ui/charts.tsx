/** Charts over time: drawn by what is loaded with the first one, and to be read as a table by whoever would rather. */
import { Button, Group, Skeleton, Table, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { lazy, Suspense, type ReactNode } from 'react'
import { loadPartOrPage } from '../api/parts.ts'
import classes from './charts.module.css'
import type { TimeChartProps } from './chart-types.ts'

const drawn = () => loadPartOrPage(() => import('./drawn-charts.tsx'))
const DrawnBars = lazy(async () => ({ default: (await drawn()).DrawnBars }))
const DrawnLines = lazy(async () => ({ default: (await drawn()).DrawnLines }))

/** Amounts over time, stacked. */
export const Bars = (props: TimeChartProps) => (
  <Chart {...props}>
    <DrawnBars {...props} />
  </Chart>
)

/** Levels over time, such as percentiles. */
export const Lines = (props: TimeChartProps) => (
  <Chart {...props}>
    <DrawnLines {...props} />
  </Chart>
)

const heightUsual = 260

function Chart(props: TimeChartProps & { readonly children: ReactNode }) {
  const { label, series, height = heightUsual, children } = props
  const [isTable, { toggle }] = useDisclosure()
  return (
    <figure className={classes['chart']} aria-label={label}>
      <Group justify="space-between" gap="xs" mb="xs" wrap="nowrap" align="flex-start">
        <Group gap="6px 16px" className={classes['legend'] ?? ''}>
          {series.length > 1 &&
            series.map(({ id, title, color }) => (
              <Group key={id} gap={6} wrap="nowrap">
                <svg width="10" height="10" aria-hidden>
                  <rect width="10" height="10" rx="3" fill={cssColor(color)} />
                </svg>
                <Text size="sm">{title}</Text>
              </Group>
            ))}
        </Group>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          fw={500}
          flex="none"
          onClick={toggle}
          aria-pressed={isTable}
        >
          {isTable ? 'As a chart' : 'As a table'}
        </Button>
      </Group>
      {isTable ? <PointTable {...props} /> : <Suspense fallback={<Skeleton height={height} />}>{children}</Suspense>}
    </figure>
  )
}

const cssColor = (color: string): string => `var(--mantine-color-${color.replace('.', '-')})`

const PointTable = ({ label, series, points, shown, shownAt }: TimeChartProps) => (
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
  <section className={classes['table']} aria-label={`${label}, as a table`} tabIndex={0}>
    <Table stickyHeader>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Time</Table.Th>
          {series.map(({ id, title }) => (
            <Table.Th key={id} ta="right">
              {title}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {points.map((point) => (
          <Table.Tr key={point.at}>
            <Table.Td>{shownAt(point.at)}</Table.Td>
            {series.map((each) => (
              <Table.Td key={each.id} ta="right">
                {shown(point.values[each.id] ?? 0, each, point)}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  </section>
)
