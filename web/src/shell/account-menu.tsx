import { Avatar, Menu, SegmentedControl, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core'
import { IconLogout, IconSelector, IconUserCircle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { signOut } from '../api/sign-out.ts'
import type { Person } from './place.ts'
import classes from './organization-switcher.module.css'

/** Who is signed in: the account, light or dark, and the way out. */
export const AccountMenu = ({ person }: { readonly person: Person }) => (
  <Menu position="top-start" width="target" withinPortal={false}>
    <Menu.Target>
      <UnstyledButton className={classes['button']}>
        <Avatar size={28} radius="xl" color="mart" name={person.name} aria-hidden />
        <span className={classes['names']} style={{ flex: 1 }}>
          <Text span truncate fw={600}>
            {person.name}
          </Text>
          <Text span truncate size="xs" c="dimmed">
            {person.email}
          </Text>
        </span>
        <IconSelector size={16} aria-hidden />
      </UnstyledButton>
    </Menu.Target>
    <Menu.Dropdown>
      <Scheme />
      <Menu.Divider />
      <Menu.Item
        leftSection={<IconUserCircle size={16} aria-hidden />}
        renderRoot={(props) => <Link {...props} to="/account" />}
      >
        Account and security
      </Menu.Item>
      <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
        Sign out
      </Menu.Item>
    </Menu.Dropdown>
  </Menu>
)

const schemes = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
  { value: 'auto', label: 'System' },
] as const

function Scheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <SegmentedControl
      fullWidth
      size="xs"
      aria-label="Light or dark"
      data={[...schemes]}
      value={colorScheme}
      onChange={(value) => setColorScheme(value)}
    />
  )
}
