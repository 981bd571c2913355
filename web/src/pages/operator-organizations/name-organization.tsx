import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { besideFields } from '../../api/beside.ts'
import { ask } from '../../api/client.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { organizationsPath, useAgain } from './organizations-query.ts'

type NameOrganizationProps = {
  /** null: a new one. */
  readonly of: { readonly id: string; readonly name: string } | null
  readonly onClose: () => void
  /** Told its id. */
  readonly onDone?: (id: string) => void
}

/** Makes an organization, or names one anew. */
export function NameOrganization({ of, onClose, onDone }: NameOrganizationProps) {
  const [name, setName] = useState(of?.name ?? '')
  const again = useAgain()
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const [method, path] =
        of === null ? (['POST', organizationsPath] as const) : (['PATCH', `${organizationsPath}/${of.id}`] as const)
      const { id } = await ask<{ readonly id: string }>(path, { method, body: { name } })
      await again()
      return id
    },
    onSuccess: (id) => {
      onClose()
      onDone?.(id)
    },
  })
  const beside = besideFields(error, ['name'])
  return (
    <Dialog onClose={onClose} title={of === null ? 'Create an organization' : 'Rename this organization'}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          mutate()
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            required
            data-autofocus
            maxLength={100}
            value={name}
            error={beside.of('name')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {beside.rest !== null && <Trouble error={beside.rest} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isPending} disabled={name.trim() === ''}>
              {of === null ? 'Create' : 'Rename'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
