import { Button, Group, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import { Trouble } from '../ui/trouble.tsx'

/** The first organization of somebody who signed up. */
export function MakeOrganization() {
  const [name, setName] = useState('')
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => ask<{ readonly id: string }>('/api/organizations', { method: 'POST', body: { name } }),
    // Anew, so that the navigation has it.
    onSuccess: ({ id }) => location.assign(`/dashboard/${id}/home`),
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        mutate()
      }}
    >
      <Group align="flex-end" justify="center" gap="xs">
        <TextInput
          label="Name of your organization"
          placeholder="My company"
          required
          withAsterisk={false}
          maxLength={100}
          ta="left"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" loading={isPending}>
          Make it
        </Button>
      </Group>
      {error !== null && <Trouble error={error} />}
    </form>
  )
}
