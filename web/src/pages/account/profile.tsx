import { Badge, Button, Group, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { AccountJson } from '../../../../src/control/contract-pages.ts'
import { accountQuery } from '../../api/account-queries.ts'
import { ask } from '../../api/client.ts'
import { sessionQuery } from '../../api/queries.ts'
import { Trouble } from '../../ui/trouble.tsx'
import { AccountSection } from './account-section.tsx'
import { ChangeEmail } from './change-email.tsx'

export function Profile({ account }: { readonly account: AccountJson }) {
  const [name, setName] = useState(account.name)
  const [isChanging, setChanging] = useState(false)
  const client = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => ask<AccountJson>('/api/account', { method: 'PATCH', body: { name } }),
    onSuccess: (changed) => {
      client.setQueryData(accountQuery.queryKey, changed)
      notifications.show({ message: 'Your name is changed.' })
      return client.invalidateQueries({ queryKey: sessionQuery.queryKey })
    },
  })
  return (
    <AccountSection
      title="Profile"
      about={
        <>
          {account.email} {account.isVerified && <Badge color="mart">Verified</Badge>}
        </>
      }
      action={
        <Button variant="default" onClick={() => setChanging(true)}>
          Change the address
        </Button>
      }
    >
      {isChanging && <ChangeEmail account={account} onClose={() => setChanging(false)} />}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          mutate()
        }}
      >
        <Group align="flex-end" gap="xs">
          <TextInput
            label="Name"
            maxLength={100}
            required
            withAsterisk={false}
            autoComplete="name"
            flex="1 1 220px"
            maw={360}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={isPending} disabled={name.trim() === account.name}>
            Change
          </Button>
        </Group>
      </form>
      {error !== null && <Trouble error={error} />}
    </AccountSection>
  )
}
