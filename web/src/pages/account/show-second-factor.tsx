import { Alert, Anchor, Button, Stack, Text } from '@mantine/core'
import { IconShieldLock } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import type { AccountJson } from '../../../../src/control/contract-pages.ts'
import { accountQuery } from '../../api/account-queries.ts'
import { queryClient, sessionQuery } from '../../api/queries.ts'
import { signOut } from '../../api/sign-out.ts'
import { PageHead } from '../../ui/page-head.tsx'
import { PageSkeleton } from '../../ui/page-skeleton.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { Passkeys } from './passkeys.tsx'
import { SecondFactor } from './second-factor.tsx'

/** Stands where a page would that is closed to whoever signed in without a second factor: why, and the way in. */
export function ShowSecondFactor({ reason }: { readonly reason: string }) {
  const { data: account, error, refetch } = useQuery(accountQuery)
  return (
    <>
      <PageHead title="One more step" about="What is here is not shown to a password alone." />
      <Stack gap="lg" maw={820}>
        <Alert icon={<IconShieldLock aria-hidden />} variant="light" title="A second factor is needed here">
          <Text>{reason}</Text>
          <Anchor href="/docs/errors/second_factor_required" size="sm" underline="always">
            What this means, and what to do
          </Anchor>
        </Alert>
        {error ? (
          <Trouble error={error} title="Your account could not be read" onRetry={() => void refetch()} />
        ) : account ? (
          <WayIn account={account} />
        ) : (
          <PageSkeleton />
        )}
      </Stack>
    </>
  )
}

function WayIn({ account }: { readonly account: AccountJson }) {
  // What is set up here stays on the page, with the backup codes that it shows last.
  const [hadAny] = useState(account.hasSecondFactor || account.hasPasskey)
  return (
    <>
      {account.gaveSecondFactor ? <GoOn /> : hadAny && <SignInWithIt />}
      {!hadAny && (
        <>
          <SecondFactor account={account} />
          <Passkeys account={account} />
        </>
      )}
    </>
  )
}

function GoOn() {
  const router = useRouter()
  const { mutate, isPending } = useMutation({
    mutationFn: async () => {
      await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })
      await router.invalidate()
    },
  })
  return (
    <Button loading={isPending} onClick={() => mutate()} w="fit-content">
      Go on
    </Button>
  )
}

/** What somebody has was not shown in this session, and opens the next one. */
function SignInWithIt() {
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => signOut(`/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`),
  })
  return (
    <>
      <Text>You have one, and signed in without it. Sign in once more, with your app or your passkey.</Text>
      {error !== null && <Trouble error={error} />}
      <Button loading={isPending} onClick={() => mutate()} w="fit-content">
        Sign out, and in again
      </Button>
    </>
  )
}
