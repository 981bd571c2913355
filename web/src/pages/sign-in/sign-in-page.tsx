import { Alert, Anchor, Button, Divider, Group, Stack, Text } from '@mantine/core'
import { IconFingerprint } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { WaysToSignInJson } from '../../../../src/control/contract-pages.ts'
import { waysQuery } from '../../api/account-queries.ts'
import { ask } from '../../api/client.ts'
import { knowsPasskeys, signInWithPasskey } from '../../api/passkeys.ts'
import { safeWayBack } from '../../api/way-back.ts'
import { Trouble } from '../../ui/trouble.tsx'
import { goOn, type Next } from './go-on.ts'
import { OutsideForm, OutsidePage } from './outside-form.tsx'
import { EmailField, PasswordField } from './person-fields.tsx'
import { SecondFactor } from './second-factor.tsx'

const route = getRouteApi('/outside/sign-in')

export function SignInPage() {
  const { step, to, error } = route.useSearch()
  const { data: ways } = useQuery(waysQuery)
  if (step === 'second-factor') return <SecondFactor to={to} />
  return (
    <OutsidePage title="Sign in" about="To the dashboard of your organization, or the console of this gateway.">
      {error !== undefined && <Refused code={error} />}
      <WithPassword to={to} />
      {ways && <OtherWays ways={ways} to={to} />}
      {ways?.hasOperator === false && (
        <Alert variant="light" color="amber" title="Nobody can sign in yet">
          The first operator opens the link that <code>npm start</code> printed, and chooses a password there.{' '}
          <code>npx mart operator link</code> makes another.
        </Alert>
      )}
    </OutsidePage>
  )
}

function WithPassword({ to }: { readonly to: string | undefined }) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const signIn = async (): Promise<void> =>
    goOn(await ask<Next>('/api/auth/sign-in/email', { method: 'POST', body: { email, password } }), to)
  return (
    <Stack gap="sm">
      <OutsideForm submit="Sign in" onSubmit={signIn}>
        <EmailField value={email} onChange={setEmail} isFirst />
        <PasswordField value={password} onChange={setPassword} />
      </OutsideForm>
      <Anchor renderRoot={(props) => <Link {...props} to="/forgot-password" />} size="sm">
        I forgot my password
      </Anchor>
    </Stack>
  )
}

type WaysProps = { readonly ways: WaysToSignInJson; readonly to: string | undefined }

function OtherWays({ ways, to }: WaysProps) {
  const hasPasskeys = ways.hasPasskeys && knowsPasskeys()
  return (
    <>
      {(hasPasskeys || ways.provider !== null) && (
        <Stack gap="sm">
          <Divider label="or" />
          {hasPasskeys && <WithPasskey to={to} />}
          {ways.provider !== null && <WithProvider name={ways.provider.name} to={to} />}
        </Stack>
      )}
      {ways.signUp === 'open' && (
        <Text size="sm" c="dimmed">
          No account yet?{' '}
          <Anchor renderRoot={(props) => <Link {...props} to="/sign-up" />} size="sm" underline="always">
            Make one
          </Anchor>
        </Text>
      )}
    </>
  )
}

function WithPasskey({ to }: { readonly to: string | undefined }) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: signInWithPasskey,
    onSuccess: () => goOn({ next: 'home' }, to),
  })
  return (
    <>
      <Button
        variant="default"
        size="md"
        loading={isPending}
        leftSection={<IconFingerprint size={18} aria-hidden />}
        onClick={() => mutate()}
      >
        Sign in with a passkey
      </Button>
      {error !== null && <Trouble error={error} />}
    </>
  )
}

function WithProvider({ name, to }: { readonly name: string; readonly to: string | undefined }) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      ask<{ readonly url: string }>('/api/auth/sign-in/social', {
        method: 'POST',
        body: { returnTo: safeWayBack(to) ?? '/dashboard' },
      }),
    onSuccess: ({ url }) => location.assign(url),
  })
  return (
    <>
      <Button variant="default" size="md" loading={isPending} onClick={() => mutate()}>
        Sign in with {name}
      </Button>
      {error !== null && <Trouble error={error} />}
    </>
  )
}

const refusals: Readonly<Record<string, string>> = {
  sign_up_closed: 'There is no account for your address, and new ones are by invitation here. Ask for one.',
  email_not_verified: 'The provider does not vouch for your address. Ask whoever runs it to verify it.',
  account_not_linked:
    'There is an account with your address that signs in with a password. Sign in with it; once its address is verified, both work.',
}

/** What a provider's answer came to. */
const Refused = ({ code }: { readonly code: string }) => (
  <Alert role="alert" color="red" variant="light" title="You were not signed in">
    <Group gap="xs">
      {refusals[code] ?? 'The provider did not let you in, or it took too long. Try again, or sign in another way.'}
    </Group>
  </Alert>
)
