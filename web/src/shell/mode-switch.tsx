import { SegmentedControl } from '@mantine/core'
import { useLocation, useNavigate } from '@tanstack/react-router'
import type { Mode } from './mode.ts'
import { usePlace } from './place.ts'

const modes = [
  { value: 'test', label: 'Test' },
  { value: 'live', label: 'Live' },
] as const

/** Test or live, as at a payment provider: the page stays, and shows the other books. */
export function ModeSwitch() {
  const { mode } = usePlace()
  const { pathname, search } = useLocation()
  const navigate = useNavigate()
  if (mode === null) return null
  const change = (value: Mode): void => void navigate({ to: pathname, search: { ...search, mode: value } } as never)
  return (
    <SegmentedControl
      size="xs"
      aria-label="Test or live"
      data={[...modes]}
      value={mode}
      onChange={(value) => change(value)}
    />
  )
}
