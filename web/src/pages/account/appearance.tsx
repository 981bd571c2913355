import { SegmentedControl, useMantineColorScheme } from '@mantine/core'
import { AccountSection } from './account-section.tsx'

const schemes = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
  { value: 'auto', label: 'As the system is' },
] as const

export function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <AccountSection title="Appearance" about="Kept in this browser.">
      <SegmentedControl
        aria-label="Light or dark"
        data={[...schemes]}
        value={colorScheme}
        onChange={(value) => setColorScheme(value)}
        style={{ alignSelf: 'flex-start' }}
      />
    </AccountSection>
  )
}
