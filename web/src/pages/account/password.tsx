import { Button, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { AccountJson } from '../../../../src/control/contract-pages.ts'
import { accountQuery, sessionsQuery } from '../../api/account-queries.ts'
import { ask } from '../../api/client.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { NewPasswordField, PasswordField } from '../sign-in/person-fields.tsx'
import { AccountSection } from './account-section.tsx'

export function Password({ account }: { readonly account: AccountJson }) {
  const [isOpen, setOpen] = useState(false)
  const verb = account.hasPassword ? 'Change the password' : 'Set a password'
  return (
    <AccountSection
      title="Password"
      about={
        account.hasPassword
          ? 'A change ends every other session of yours.'
          : 'You sign in by your provider. A password is a second way in.'
      }
      action={
        <Button variant="default" onClick={() => setOpen(true)}>
          {verb}
        </Button>
      }
    >
      {isOpen && (
        <Dialog title={verb} onClose={() => setOpen(false)}>
          <PasswordForm account={account} onDone={() => setOpen(false)} />
        </Dialog>
      )}
    </AccountSection>
  )
}

function PasswordForm({ account, onDone }: { readonly account: AccountJson; readonly onDone: () => void }) {
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const client = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      ask('/api/account/password', {
        method: 'POST',
        body: { password, ...(account.hasPassword && { current }) },
      }),
    onSuccess: async () => {
      notifications.show({ message: 'The password is changed. Your other sessions have ended.' })
      await client.invalidateQueries({ queryKey: sessionsQuery.queryKey })
      await client.invalidateQueries({ queryKey: accountQuery.queryKey })
      onDone()
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        mutate()
      }}
    >
      <Stack gap="md">
        <input type="email" hidden readOnly autoComplete="username" value={account.email} />
        {account.hasPassword && <PasswordField label="The password until now" value={current} onChange={setCurrent} />}
        <NewPasswordField label="The new password" value={password} onChange={setPassword} />
        {error !== null && <Trouble error={error} />}
        <Button type="submit" loading={isPending}>
          {account.hasPassword ? 'Change it' : 'Set it'}
        </Button>
      </Stack>
    </form>
  )
}
