import { Alert, Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { waysQuery } from '../../api/account-queries.ts'
import { AskForLink } from './ask-for-link.tsx'
import { NewcomerForm } from './newcomer-form.tsx'
import { OutsidePage } from './outside-form.tsx'
import { WithLink } from './with-link.tsx'

export function SignUpPage() {
  const [hasLink] = useState(() => location.hash.length > 1)
  const { data: ways } = useQuery(waysQuery)
  if (hasLink) return <Finish />
  return (
    <OutsidePage title="Sign up" about="An account, an organization and credit to try it with.">
      {ways?.signUp === 'closed' && <Closed />}
      {ways?.signUp === 'open' && !ways.hasMail && (
        <Alert variant="light">
          New accounts are made by signing in with {ways.provider?.name}:{' '}
          <Anchor href="/sign-in" underline="always">
            to the sign-in page
          </Anchor>
          .
        </Alert>
      )}
      {ways?.signUp === 'open' && ways.hasMail && <AskForLink path="/api/sign-up" />}
      <Text size="sm" c="dimmed">
        You have an account?{' '}
        <Anchor renderRoot={(props) => <Link {...props} to="/sign-in" />} size="sm" underline="always">
          Sign in
        </Anchor>
      </Text>
    </OutsidePage>
  )
}

const Finish = () => (
  <OutsidePage title="Make your account" about="Your address is confirmed. One step is left.">
    <WithLink kind="sign-up" missing="Open the link that you were sent: it has a token behind its #.">
      {({ email }, token) => (
        <NewcomerForm path="/api/sign-up/finish" token={token} email={email} submit="Make my account" />
      )}
    </WithLink>
  </OutsidePage>
)

const Closed = () => (
  <Alert variant="light">
    New accounts are by invitation here. Ask whoever runs this gateway, or an owner of your organization, to invite your
    e-mail address.
  </Alert>
)
