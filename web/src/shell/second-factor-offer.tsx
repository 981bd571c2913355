import { Alert, Button, Group } from '@mantine/core'
import { IconShieldLock } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'

const place = 'mart-second-factor-later'

/** To operators who have none: where they work, and until they say that it can wait, for as long as this tab is open. */
export function SecondFactorOffer() {
  const [isWanted, setWanted] = useState(() => sessionStorage.getItem(place) === null)
  if (!isWanted) return null
  const later = (): void => {
    sessionStorage.setItem(place, 'said')
    setWanted(false)
  }
  return (
    <Alert variant="light" color="amber" mb="lg" py="xs" icon={<IconShieldLock aria-hidden />}>
      <Group gap="sm" justify="space-between">
        <span>Your password alone opens this console. With a second factor, whoever learns it stays outside.</span>
        <Group gap="xs">
          <Button
            size="xs"
            renderRoot={(props) => <Link {...props} to="/account" search={{ begin: 'second-factor' } as never} />}
          >
            Set up a second factor
          </Button>
          <Button size="xs" variant="subtle" onClick={later}>
            Later
          </Button>
        </Group>
      </Group>
    </Alert>
  )
}
