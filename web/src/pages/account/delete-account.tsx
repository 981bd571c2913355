import { Button } from '@mantine/core'
import { useState } from 'react'
import type { AccountJson } from '../../../../src/control/contract-pages.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { AccountSection } from './account-section.tsx'
import { ProvePassword } from './prove-password.tsx'

export function DeleteAccount({ account }: { readonly account: AccountJson }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <AccountSection
      title="Delete the account"
      about="With its sessions, passkeys and memberships, for good. What you changed stays in the audit logs, with your name. Organizations stay as they are."
      action={
        <Button variant="subtle" color="red" onClick={() => setOpen(true)}>
          Delete
        </Button>
      }
    >
      {isOpen && (
        <Dialog title="Delete your account?" onClose={() => setOpen(false)}>
          <ProvePassword
            account={account}
            path="/api/account/delete"
            submit="Delete it for good"
            isDangerous
            onDone={() => location.assign('/sign-in')}
          >
            Nobody can undo this. An organization that you alone own needs another owner first.
          </ProvePassword>
        </Dialog>
      )}
    </AccountSection>
  )
}
