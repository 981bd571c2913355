import { Menu, Text, UnstyledButton } from '@mantine/core'
import { IconBuilding, IconCheck, IconSelector, IconShieldCog } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import classes from './organization-switcher.module.css'
import { usePlace } from './place.ts'

/** The organization that is looked at; opens to go to another one, or to the console. */
export function OrganizationSwitcher() {
  const { session, organization, mode, isConsole } = usePlace()
  const navigate = useNavigate()
  const go = (to: string): void =>
    void navigate({ to, ...(mode && !to.startsWith('/operator') && { search: { mode } }) } as never)
  const isViewing = organization !== null && organization.access === 'operator'
  return (
    <Menu position="bottom-start" width="target" withinPortal={false}>
      <Menu.Target>
        <UnstyledButton className={classes['button']}>
          <span className={classes['names']}>
            <Text span truncate fw={600} size="md">
              {isConsole ? 'Console' : (organization?.name ?? 'Choose an organization')}
            </Text>
            <Text span size="xs" c="dimmed" display="block" className={classes['role'] ?? ''}>
              {isConsole
                ? 'All organizations'
                : isViewing
                  ? 'Viewed as operator'
                  : (organization?.access ?? 'Dashboard')}
            </Text>
          </span>
          <IconSelector size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Organizations</Menu.Label>
        {session?.organizations.map(({ id, name }) => (
          <Menu.Item
            key={id}
            leftSection={<IconBuilding size={16} aria-hidden />}
            rightSection={id === organization?.id ? <IconCheck size={16} aria-label="here" /> : null}
            onClick={() => go(`/dashboard/${id}/home`)}
          >
            {name}
          </Menu.Item>
        ))}
        {session?.organizations.length === 0 && <Menu.Item disabled>You are in none</Menu.Item>}
        {session?.person.isOperator && (
          <>
            <Menu.Divider />
            <Menu.Item
              leftSection={<IconShieldCog size={16} aria-hidden />}
              onClick={() => go('/operator/organizations')}
            >
              Console
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
