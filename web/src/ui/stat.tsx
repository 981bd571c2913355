import { Card, Group, Skeleton, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { shownShare } from './format.ts'
import classes from './stat.module.css'

export type StatProps = {
  readonly label: string
  /** undefined while it is not known yet. */
  readonly value: ReactNode | undefined
  /** What it is made of, or compared with. */
  readonly about?: ReactNode
  /** Against the period before, of one: 0.12 is 12 % more. */
  readonly change?: number | null
  /** Something small at the right, such as a sparkline. */
  readonly aside?: ReactNode
}

/** One figure, with its name above. It has its place before it has its value. */
export const Stat = ({ label, value, about, change, aside }: StatProps) => (
  <Card padding="md" className={classes['stat']}>
    <Text size="sm" c="dimmed">
      {label}
    </Text>
    <Group justify="space-between" align="flex-end" wrap="nowrap" gap="sm">
      <div className={classes['value']}>{value === undefined ? <Skeleton height={28} width={96} mt={4} /> : value}</div>
      {aside}
    </Group>
    <Text size="sm" c="dimmed" component="div" className={classes['about']}>
      {change !== undefined && change !== null && <span className={classes['change']}>{changeText(change)}</span>}
      {about}
    </Text>
  </Card>
)

function changeText(change: number): string {
  if (change === 0) return 'as before '
  return `${change > 0 ? '▲' : '▼'} ${shownShare(Math.abs(change))} `
}
