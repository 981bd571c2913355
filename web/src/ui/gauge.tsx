import { Group, Progress, Text } from '@mantine/core'
import type { ReactNode } from 'react'

export type GaugeProps = {
  readonly label: string
  /** All three in one unit, whichever: nano-USD, requests a minute. `held` is promised and not yet used. */
  readonly used: bigint
  readonly held?: bigint
  readonly limit: bigint
  /** A value as its reader writes it. */
  readonly shown: (value: bigint) => ReactNode
  readonly about?: ReactNode
}

/** How much of a limit is gone, and how much is held; it turns amber at four fifths and red when there is none left. */
export function Gauge({ label, used, held = 0n, limit, shown, about }: GaugeProps) {
  const share = shareOf(used, limit)
  const color = share + shareOf(held, limit) >= 100 ? 'red.6' : share >= 80 ? 'amber.5' : 'mart.6'
  return (
    <div>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="sm" c="dimmed">
          {label}
        </Text>
        <Text size="sm" component="div">
          {shown(used)} of {shown(limit)}
        </Text>
      </Group>
      <Progress.Root size={7} mt={5} radius="xl">
        <Progress.Section value={share} color={color} aria-label={`${label}: used`} />
        {held > 0n && (
          <Progress.Section value={shareOf(held, limit)} color={color} opacity={0.45} aria-label={`${label}: held`} />
        )}
      </Progress.Root>
      {about !== undefined && (
        <Text size="xs" c="dimmed" mt={4} component="div">
          {about}
        </Text>
      )}
    </div>
  )
}

/** In hundredths, of nothing all of it. */
const shareOf = (part: bigint, whole: bigint): number =>
  whole <= 0n ? 100 : Math.min(100, Number((part * 10_000n) / whole) / 100)
