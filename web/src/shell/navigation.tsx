import { Button, Divider, NavLink, Stack } from '@mantine/core'
import { IconBook2, IconTerminal2 } from '@tabler/icons-react'
import { Link, useLocation } from '@tanstack/react-router'
import type { ComponentProps } from 'react'
import { dashboardPlaces, operatorPlaces } from '../areas.ts'
import { AccountMenu } from './account-menu.tsx'
import type { Place } from './area.ts'
import { Mark } from './mark.tsx'
import classes from './navigation.module.css'
import { OrganizationSwitcher } from './organization-switcher.tsx'
import { usePlace } from './place.ts'

/** The places of the dashboard or of the console, those that the person may see. */
export function Navigation() {
  const { session, organization, mode, isConsole } = usePlace()
  const dashboard = dashboardPlaces.filter(({ needs }) => needs === null || organization?.permissions.includes(needs))
  return (
    <div className={classes['navigation']}>
      <div className={classes['mark']}>
        <Mark />
      </div>
      {session && <OrganizationSwitcher />}
      <nav aria-label={isConsole ? 'Console' : 'Dashboard'} className={classes['places']}>
        <Stack gap={2}>
          {isConsole && operatorPlaces.map((place) => <PlaceLink key={place.path} base="/operator" place={place} />)}
          {organization &&
            dashboard.map((place) => (
              <PlaceLink key={place.path} base={`/dashboard/${organization.id}`} mode={mode} place={place} />
            ))}
        </Stack>
        <Divider my="sm" />
        <Stack gap={2}>
          <Entry
            href="/playground"
            title="Playground"
            icon={IconTerminal2}
            {...(organization && mode && { search: { organization: organization.id, mode } })}
          />
          <NavLink href="/docs" label="API reference" leftSection={<IconBook2 size={18} stroke={1.6} aria-hidden />} />
        </Stack>
      </nav>
      {session ? <AccountMenu person={session.person} /> : <SignIn />}
    </div>
  )
}

const SignIn = () => (
  <Button variant="default" component="a" href="/dashboard">
    Sign in
  </Button>
)

type PlaceLinkProps = { readonly base: string; readonly mode?: string | null; readonly place: Place }

const PlaceLink = ({ base, mode, place }: PlaceLinkProps) => (
  <Entry href={`${base}/${place.path}`} title={place.title} icon={place.icon} {...(mode && { search: { mode } })} />
)

type EntryProps = {
  readonly href: string
  readonly title: string
  readonly icon: Place['icon']
  readonly search?: Readonly<Record<string, string>>
}

function Entry({ href, title, icon: Icon, search }: EntryProps) {
  const { pathname } = useLocation()
  const isHere = pathname === href || pathname.startsWith(`${href}/`)
  // Where it leads is made of an id, which the router's types cannot know.
  const to = { to: href, ...(search && { search }) } as unknown as ComponentProps<typeof Link>
  return (
    <NavLink
      renderRoot={(props) => <Link {...props} {...to} />}
      label={title}
      active={isHere}
      aria-current={isHere ? 'page' : undefined}
      leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
      className={classes['entry'] ?? ''}
    />
  )
}
