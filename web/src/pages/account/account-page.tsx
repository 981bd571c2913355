import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { accountQuery } from '../../api/account-queries.ts'
import { PageHead } from '../../ui/page-head.tsx'
import { PageSkeleton } from '../../ui/page-skeleton.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { Appearance } from './appearance.tsx'
import { DeleteAccount } from './delete-account.tsx'
import { Passkeys } from './passkeys.tsx'
import { Password } from './password.tsx'
import { Profile } from './profile.tsx'
import { Provider } from './provider.tsx'
import { SecondFactor } from './second-factor.tsx'
import { Sessions } from './sessions.tsx'

const route = getRouteApi('/inside/account')

export function AccountPage() {
  const { begin, error: refused } = route.useSearch()
  const { data: account, error, refetch } = useQuery(accountQuery)
  return (
    <>
      <PageHead title="Account" about="Who you are here, how you sign in, and where you are signed in." />
      {error ? (
        <Trouble error={error} title="Your account could not be read" onRetry={() => void refetch()} />
      ) : account ? (
        <Stack gap="lg" maw={820}>
          <Profile account={account} />
          <SecondFactor account={account} isBegun={begin === 'second-factor'} />
          <Passkeys account={account} />
          <Password account={account} />
          <Provider account={account} refused={refused} />
          <Sessions />
          <Appearance />
          <DeleteAccount account={account} />
        </Stack>
      ) : (
        <PageSkeleton />
      )}
    </>
  )
}
