import { Alert, Button, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AccountJson } from '../../../../src/control/contract-pages.ts'
import { waysQuery } from '../../api/account-queries.ts'
import { ask } from '../../api/client.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { PasswordField } from '../sign-in/person-fields.tsx'

type Props = { readonly account: AccountJson; readonly onClose: () => void }

/** Asks for another address; it is one's own once the link that is sent to it is opened. */
export function ChangeEmail({ account, onClose }: Props) {
  const { data: ways } = useQuery(waysQuery)
  const [sentTo, setSentTo] = useState<string | null>(null)
  return (
    <Dialog title="Another e-mail address" onClose={onClose}>
      {ways?.hasMail === false ? (
        <Text>
          This gateway sends no mail. Whoever runs it can give you a link to another address, under <i>People</i>.
        </Text>
      ) : sentTo === null ? (
        <ChangeForm account={account} onSent={setSentTo} />
      ) : (
        <Stack gap="md">
          <Alert role="alert" variant="light" title="Look into your mail">
            A mail to {sentTo} is on its way. Your address changes when you open its link, within a day. Until then you
            sign in as before.
          </Alert>
          <Button variant="default" onClick={onClose}>
            Done
          </Button>
        </Stack>
      )}
    </Dialog>
  )
}

function ChangeForm({ account, onSent }: { readonly account: AccountJson; readonly onSent: (email: string) => void }) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      ask('/api/account/email', { method: 'POST', body: { email, ...(account.hasPassword && { password }) } }),
    onSuccess: () => onSent(email),
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        mutate()
      }}
    >
      <Stack gap="md">
        <TextInput
          label="The new address"
          type="email"
          autoComplete="off"
          required
          withAsterisk={false}
          size="md"
          data-autofocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        {account.hasPassword && <PasswordField label="Your password" value={password} onChange={setPassword} />}
        {error !== null && <Trouble error={error} />}
        <Button type="submit" loading={isPending}>
          Send a link to it
        </Button>
      </Stack>
    </form>
  )
}
