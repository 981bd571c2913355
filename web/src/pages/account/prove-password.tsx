import { Button, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import type { AccountJson } from '../../../../src/control/contract-pages.ts'
import { accountQuery } from '../../api/account-queries.ts'
import { ask } from '../../api/client.ts'
import { Trouble } from '../../ui/trouble.tsx'
import { PasswordField } from '../sign-in/person-fields.tsx'

export type ProvePasswordProps<Answer> = {
  readonly account: AccountJson
  readonly path: `/api/${string}`
  /** Beside the password. */
  readonly body?: Readonly<Record<string, string>>
  /** The verb. */
  readonly submit: string
  readonly isDangerous?: boolean
  readonly children: ReactNode
  readonly onDone: (answer: Answer) => void
}

/** Asks for the password again, for what changes how somebody signs in. Whoever has none needs none. */
export function ProvePassword<Answer>(props: ProvePasswordProps<Answer>) {
  const { account, path, body = {}, submit, isDangerous = false, children, onDone } = props
  const [password, setPassword] = useState('')
  const client = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => ask<Answer>(path, { method: 'POST', body: account.hasPassword ? { ...body, password } : body }),
    onSuccess: async (answer) => {
      await client.invalidateQueries({ queryKey: accountQuery.queryKey })
      onDone(answer)
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
        <Text component="div">{children}</Text>
        {account.hasPassword && <PasswordField label="Your password" value={password} onChange={setPassword} />}
        {error !== null && <Trouble error={error} />}
        <Button type="submit" loading={isPending} {...(isDangerous && { color: 'red' })}>
          {submit}
        </Button>
      </Stack>
    </form>
  )
}
