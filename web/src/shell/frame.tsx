import { Alert, Burger, Drawer, Group } from '@mantine/core'
import { useDisclosure, useMediaQuery } from '@mantine/hooks'
import { Outlet, useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'
import { dashboardPlaces } from '../areas.ts'
import { Away } from './away.tsx'
import classes from './frame.module.css'
import { CommandButton, Commands } from './commands.tsx'
import { Mark } from './mark.tsx'
import { ModeSwitch } from './mode-switch.tsx'
import { Navigation } from './navigation.tsx'
import { NotForRole } from './not-for-role.tsx'
import { usePlace } from './place.ts'
import { SecondFactorOffer } from './second-factor-offer.tsx'
import { useCurrentPlace } from './use-current-place.ts'

/** What stands around every page of somebody who is signed in. */
export function Frame() {
  const { mode, organization, session, isConsole } = usePlace()
  useCurrentPlace()
  const isNarrow = useMediaQuery('(max-width: 61.99em)', undefined, { getInitialValueInEffect: false })
  return (
    <div className={classes['frame']} data-mode={mode}>
      <a className={classes['skip']} href="#content">
        Skip to the page
      </a>
      {mode === 'test' && <TestBand />}
      {isNarrow ? <NarrowBar /> : <Side />}
      <div className={classes['main']}>
        {!isNarrow && <WideBar />}
        <main id="content" tabIndex={-1} className={classes['content']}>
          {organization?.state === 'suspended' && <Suspended name={organization.name} />}
          {isConsole && session?.person.hasSecondFactor === false && <SecondFactorOffer />}
          <Page />
        </main>
      </div>
      <Commands />
      <Away />
    </div>
  )
}

/** The page, unless the person's role does not show it: the server would refuse each thing that it asks. */
function Page() {
  const { organization } = usePlace()
  const { pathname } = useLocation()
  const [, area] = /^\/dashboard\/[^/]+\/([^/]+)/.exec(pathname) ?? []
  const place = dashboardPlaces.find(({ path }) => path === area)
  return organization && place?.needs && !organization.permissions.includes(place.needs) ? (
    <NotForRole place={place} organization={organization} />
  ) : (
    <Outlet />
  )
}

/** Test data is told from live data at a glance, on every page. */
const TestBand = () => (
  <section className={classes['band']} aria-label="Mode">
    <strong>Test mode</strong>
    <span className={classes['band-more']}>Answers are simulated and paid with test credit. No real money moves.</span>
  </section>
)

/** Members find out here, rather than by a key that is turned away. */
const Suspended = ({ name }: { readonly name: string }) => (
  <Alert color="red" variant="light" title={`${name} is suspended`} mb="lg">
    Its keys are turned away. Its credit stays, and they work again once whoever runs this gateway resumes it.
  </Alert>
)

const Side = () => (
  <aside className={classes['side']}>
    <Navigation />
  </aside>
)

const WideBar = () => (
  <header className={classes['bar']}>
    <CommandButton />
    <ModeSwitch />
  </header>
)

/** On a phone the navigation comes in over the page, and leaves when a place was chosen. */
function NarrowBar() {
  const [isOpen, { open, close }] = useDisclosure()
  const { pathname } = useLocation()
  useEffect(close, [pathname, close])
  return (
    <header className={classes['bar']}>
      <Group gap="xs" wrap="nowrap">
        <Burger size="sm" opened={isOpen} onClick={open} aria-label="Open the navigation" />
        <Mark />
      </Group>
      <Group gap="xs" wrap="nowrap">
        <CommandButton isSmall />
        <ModeSwitch />
      </Group>
      <Drawer.Root opened={isOpen} onClose={close} size={288}>
        <Drawer.Overlay />
        <Drawer.Content aria-label="Navigation">
          <Drawer.Body h="100%">
            <Navigation />
          </Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
    </header>
  )
}
