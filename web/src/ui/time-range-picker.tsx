import { Group, Popover, Select, Skeleton, Stack, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconCalendar, IconSelector } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { loadPartOrPage } from '../api/parts.ts'
import { ownZone, shownTime } from './format.ts'
import { periodOf, presets, presetTitles, type Period, type Preset, type TimeRangeSearch } from './time-range.ts'
import classes from './time-range-picker.module.css'

const PickDays = lazy(async () => ({ default: (await loadPartOrPage(() => import('./pick-days.tsx'))).PickDays }))

export type TimeRangePickerProps = {
  readonly value: TimeRangeSearch
  readonly onChange: (value: TimeRangeSearch) => void
  readonly usual?: Preset
}

/** Which period, in which time zone. */
export function TimeRangePicker({ value, onChange, usual = '7d' }: TimeRangePickerProps) {
  const [isOpen, { close, toggle }] = useDisclosure()
  const [openedAt] = useState(() => Date.now())
  const period = periodOf(value, openedAt, usual)
  const choose = (range: Preset): void => {
    onChange({ ...value, range })
    if (range !== 'custom') close()
  }
  return (
    <Popover opened={isOpen} onChange={close} position="bottom-start" radius="lg" shadow="md" trapFocus>
      <Popover.Target>
        <UnstyledButton className={classes['button']} onClick={toggle}>
          <IconCalendar size={16} stroke={1.7} aria-hidden />
          <span>{titleOf(period)}</span>
          {period.zone !== ownZone() && <span className={classes['zone']}>{period.zone}</span>}
          <IconSelector size={14} aria-hidden />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Group align="stretch" gap="md">
          <Stack gap={2}>
            {presets.map((preset) => (
              <UnstyledButton
                key={preset}
                className={classes['preset']}
                aria-pressed={value.range === preset || (value.range === undefined && preset === usual)}
                onClick={() => choose(preset)}
              >
                {presetTitles[preset]}
              </UnstyledButton>
            ))}
          </Stack>
          <Stack gap="sm" maw={260}>
            {value.range === 'custom' && (
              <Suspense fallback={<Skeleton height={270} width={250} />}>
                <PickDays value={value} onChange={onChange} />
              </Suspense>
            )}
            <ZoneSelect zone={period.zone} onChange={(zone) => onChange({ ...value, zone })} />
          </Stack>
        </Group>
      </Popover.Dropdown>
    </Popover>
  )
}

/** The reader's own, UTC, and every other. */
const ZoneSelect = ({ zone, onChange }: { readonly zone: string; readonly onChange: (zone: string) => void }) => (
  <Select
    label="Time zone"
    size="xs"
    searchable
    allowDeselect={false}
    data={[...new Set([ownZone(), 'UTC', ...Intl.supportedValuesOf('timeZone')])]}
    value={zone}
    limit={60}
    comboboxProps={{ withinPortal: false }}
    onChange={(chosen) => chosen !== null && onChange(chosen)}
  />
)

function titleOf({ preset, from, to, zone }: Period): string {
  if (preset !== 'custom') return presetTitles[preset]
  const last = new Date(Date.parse(to) - 1).toISOString()
  const [first, end] = [from, last].map((at) => shownTime(at, 'date', { zone }))
  return first === end ? first! : `${first} – ${end}`
}
