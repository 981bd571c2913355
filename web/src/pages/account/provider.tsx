import { Alert, Badge, Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AccountJson } from '../../../../src/control/contract-pages.ts'
import { waysQuery } from '../../api/account-queries.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { AccountSection } from './account-section.tsx'
import { ProvePassword } from './prove-password.tsx'

type Props = {
  readonly account: AccountJson
  /** What the provider's answer came to, where it was none. */
  readonly refused: string | undefined
}

/** Signing in by the provider of this gateway, where it has one. */
export function Provider({ account, refused }: Props) {
  const { data: ways } = useQuery(waysQuery)
  const [isOpen, setOpen] = useState(false)
  if (!ways?.provider) return null
  const { name } = ways.provider
  const isLinked = account.isProviderLinked
  const verb = isLinked ? 'Unlink' : 'Link'
  const close = (): void => setOpen(false)
  return (
    <AccountSection
      title={name}
      about={
        <>
          {isLinked ? <Badge color="mart">Linked</Badge> : <Badge color="gray">Not linked</Badge>} Another way to sign
          in. Its address for you may be another than the one here.
        </>
      }
      action={
        <Button
          variant={isLinked ? 'subtle' : 'default'}
          {...(isLinked && { color: 'red' })}
          onClick={() => setOpen(true)}
        >
          {verb}
        </Button>
      }
    >
      {refused !== undefined && (
        <Alert role="alert" color="red" variant="light" title="It was not linked">
          {refusals[refused] ?? 'The provider did not say who you are, or it took too long. Try again.'}
        </Alert>
      )}
      {isOpen && (
        <Dialog title={`${verb} ${name}`} onClose={close}>
          {isLinked ? (
            <ProvePassword
              account={account}
              path="/api/account/provider/unlink"
              submit={verb}
              isDangerous
              onDone={close}
            >
              You sign in by it no more, and your other sessions end.
            </ProvePassword>
          ) : (
            <ProvePassword<{ readonly url: string }>
              account={account}
              path="/api/auth/link-social"
              submit="Go on to it"
              onDone={({ url }) => location.assign(url)}
            >
              You sign in there, and come back here.
            </ProvePassword>
          )}
        </Dialog>
      )}
    </AccountSection>
  )
}

const refusals: Readonly<Record<string, string>> = {
  email_taken: 'The address that the provider has for you is somebody else’s here.',
  account_already_linked_to_different_user: 'Your account at the provider signs somebody else in here.',
  unable_to_link_account: 'The provider does not vouch for your address, or your session ended meanwhile.',
}
