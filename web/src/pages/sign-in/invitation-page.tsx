import { Alert, Button, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { LookedAtLinkJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { keptLink } from '../../api/link-token.ts'
import { sessionQuery } from '../../api/queries.ts'
import { signOut } from '../../api/sign-out.ts'
import { roleTitles } from '../settings/roles.ts'
import { goOn, type Next } from './go-on.ts'
import { NewcomerForm } from './newcomer-form.tsx'
import { OutsideForm, OutsidePage } from './outside-form.tsx'
import { WithLink } from './with-link.tsx'

export const InvitationPage = () => (
  <OutsidePage title="You are invited">
    <WithLink kind="invitation" missing="Open the link of your invitation: it has a token behind its #.">
      {(link, token) => <Accept link={link} token={token} />}
    </WithLink>
  </OutsidePage>
)

type Props = { readonly link: LookedAtLinkJson; readonly token: string }

function Accept({ link, token }: Props) {
  const { data: session } = useQuery(sessionQuery)
  const person = session?.person ?? null
  const to = `/dashboard/${link.organization?.id}/home`
  return (
    <Stack gap="lg">
      <Text>
        {link.madeBy} invites <strong>{link.email}</strong> to <strong>{link.organization?.name}</strong> as{' '}
        {roleTitles[link.role!].toLowerCase()}.
      </Text>
      {person !== null && person.email !== link.email ? (
        <OtherPerson email={person.email} token={token} />
      ) : person !== null ? (
        <OutsideForm
          submit={`Join ${link.organization?.name}`}
          onSubmit={async () =>
            goOn(await ask<Next>('/api/invitation/accept', { method: 'POST', body: { token } }), to)
          }
        >
          {null}
        </OutsideForm>
      ) : link.hasAccount ? (
        <SignInFirst token={token} />
      ) : (
        <NewcomerForm
          path="/api/invitation"
          token={token}
          email={link.email}
          submit="Make my account and join"
          to={to}
        />
      )}
    </Stack>
  )
}

const SignInFirst = ({ token }: { readonly token: string }) => (
  <Stack gap="sm">
    <Text>There is an account with this address. Sign in with it, and you come back here.</Text>
    <Button component="a" href="/sign-in?to=/invitation" size="md" onClick={() => keptLink.keep(token)}>
      Sign in
    </Button>
  </Stack>
)

const OtherPerson = ({ email, token }: { readonly email: string; readonly token: string }) => (
  <Alert variant="light" color="amber" title="You are signed in as somebody else">
    <Stack gap="sm" align="flex-start">
      <Text>You are signed in as {email}. Sign out, and open the invitation again.</Text>
      <Button
        variant="default"
        onClick={() => {
          keptLink.keep(token)
          void signOut('/invitation')
        }}
      >
        Sign out and come back
      </Button>
    </Stack>
  </Alert>
)
