import { Skeleton, Stack } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageKeyWithSecretJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { useOrganization } from '../../shell/organization.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { FirstCall } from '../../ui/first-call.tsx'
import { Secret } from '../../ui/secret.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { KeyForm } from './key-form.tsx'
import { inputOf, newTerms, type KeyTerms } from './key-terms.ts'
import { keyOptionsQuery, keysPath, keysQuery } from './keys-query.ts'

/** Makes a key, and shows its secret this once. */
export function CreateKey({ onClose }: { readonly onClose: () => void }) {
  const { organization, mode } = useOrganization()
  const { data: options, error } = useQuery(keyOptionsQuery(organization.id))
  const [made, setMade] = useState<PageKeyWithSecretJson | null>(null)
  const client = useQueryClient()
  const create = async (terms: KeyTerms): Promise<void> => {
    const body = { ...inputOf(terms), mode }
    setMade(await ask<PageKeyWithSecretJson>(keysPath(organization.id), { method: 'POST', body }))
    await client.invalidateQueries({ queryKey: keysQuery(organization.id, mode).queryKey })
  }
  const title = made === null ? `Create a ${mode} key` : 'The new key'
  return (
    <Dialog onClose={onClose} size="lg" title={title} isSticky={made !== null}>
      {made !== null ? (
        <ShowSecret secret={made.key} />
      ) : error ? (
        <Trouble error={error} />
      ) : options ? (
        <KeyForm initial={newTerms(options)} submit="Create" onSubmit={create} onCancel={onClose} />
      ) : (
        <Skeleton height={320} />
      )}
    </Dialog>
  )
}

/** The secret, and what to do with it. */
export const ShowSecret = ({ secret }: { readonly secret: string }) => (
  <Stack gap="lg">
    <Secret value={secret} label="The key" />
    <FirstCall secret={secret} />
  </Stack>
)
