import { Button, Group, Radio, Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageKeyJson, PageKeyWithSecretJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { useOrganization } from '../../shell/organization.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { ShowSecret } from './create-key.tsx'
import { keysPath, keysQuery } from './keys-query.ts'

const graces = [
  { value: '0s', title: 'Stop at once', about: 'For a secret that has leaked. Every earlier secret stops as well.' },
  { value: '1h', title: 'Work for another hour', about: 'For programs that you restart yourself.' },
  { value: '24h', title: 'Work for another day', about: 'For a rollout.' },
  { value: '7d', title: 'Work for another week', about: 'For customers who have to be told.' },
] as const

type RotateKeyProps = { readonly of: PageKeyJson; readonly onClose: () => void }

/** Gives a key a new secret, shown this once. */
export function RotateKey({ of, onClose }: RotateKeyProps) {
  const { organization, mode } = useOrganization()
  const [grace, setGrace] = useState<string>('24h')
  const client = useQueryClient()
  const { data, mutate, isPending, error } = useMutation({
    mutationFn: () =>
      ask<PageKeyWithSecretJson>(`${keysPath(organization.id)}/${of.id}/rotate`, { method: 'POST', body: { grace } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keysQuery(organization.id, mode).queryKey }),
  })
  return (
    <Dialog
      onClose={onClose}
      size="lg"
      title={data ? 'The new secret' : 'Give this key a new secret'}
      isSticky={data !== undefined}
    >
      {data ? (
        <ShowSecret secret={data.key} />
      ) : (
        <Stack gap="md">
          <Radio.Group label="The secret that it has now shall" value={grace} onChange={setGrace}>
            <Stack gap="sm" mt="xs">
              {graces.map(({ value, title, about }) => (
                <Radio key={value} value={value} label={title} description={about} />
              ))}
            </Stack>
          </Radio.Group>
          {error && <Trouble error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button loading={isPending} onClick={() => mutate()}>
              Rotate
            </Button>
          </Group>
        </Stack>
      )}
    </Dialog>
  )
}
