import { ActionIcon, Button, Group, Stack, Text, TextInput, Tooltip } from '@mantine/core'
import { IconFingerprint, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { AccountJson } from '../../../../src/control/contract-pages.ts'
import { accountQuery, passkeysQuery, waysQuery, type PasskeyJson } from '../../api/account-queries.ts'
import { addPasskey, knowsPasskeys } from '../../api/passkeys.ts'
import { When } from '../../ui/figures.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { AccountSection } from './account-section.tsx'
import { ProvePassword } from './prove-password.tsx'

export function Passkeys({ account }: { readonly account: AccountJson }) {
  const { data: ways } = useQuery(waysQuery)
  const { data: passkeys = [] } = useQuery(passkeysQuery)
  const [isAdding, setAdding] = useState(false)
  const [removed, setRemoved] = useState<PasskeyJson | null>(null)
  const client = useQueryClient()
  // What is known of passkeys is part of what is known of the account.
  const changed = () => client.invalidateQueries({ queryKey: accountQuery.queryKey })
  const canAdd = ways?.hasPasskeys === true && knowsPasskeys()
  return (
    <AccountSection
      title="Passkeys"
      about={
        ways?.hasPasskeys === false
          ? 'Browsers keep passkeys for names, over https or at localhost; at this address they do not.'
          : 'Sign in by the fingerprint, face or PIN of a device instead of password and code. Nothing can be phished.'
      }
      action={
        canAdd && (
          <Button variant="default" onClick={() => setAdding(true)}>
            Add a passkey
          </Button>
        )
      }
    >
      {passkeys.length > 0 && <PasskeyList passkeys={passkeys} onRemove={setRemoved} />}
      {isAdding && (
        <Dialog title="Add a passkey" onClose={() => setAdding(false)}>
          <AddPasskey
            onDone={async () => {
              await changed()
              setAdding(false)
            }}
          />
        </Dialog>
      )}
      {removed !== null && (
        <Dialog title={`Remove “${removed.name ?? 'Passkey'}”?`} onClose={() => setRemoved(null)}>
          <ProvePassword
            account={account}
            path="/api/auth/passkey/delete-passkey"
            body={{ id: removed.id }}
            submit="Remove"
            isDangerous
            onDone={() => {
              setRemoved(null)
              void changed()
            }}
          >
            It signs nobody in any more. The device may go on offering it; remove it there too.
          </ProvePassword>
        </Dialog>
      )}
    </AccountSection>
  )
}

type PasskeyListProps = {
  readonly passkeys: readonly PasskeyJson[]
  readonly onRemove: (passkey: PasskeyJson) => void
}

const PasskeyList = ({ passkeys, onRemove }: PasskeyListProps) => (
  <Stack gap="xs" component="ul" style={{ listStyle: 'none', padding: 0, margin: 0 }}>
    {passkeys.map((passkey) => (
      <Group key={passkey.id} component="li" justify="space-between" wrap="nowrap">
        <Group gap="sm" wrap="nowrap">
          <IconFingerprint size={18} aria-hidden />
          <div>
            <Text fw={550}>{passkey.name ?? 'Passkey'}</Text>
            <Text size="xs" c="dimmed">
              Added <When at={passkey.createdAt} isAgo />
            </Text>
          </div>
        </Group>
        <Tooltip label="Remove">
          <ActionIcon
            variant="subtle"
            color="red"
            aria-label={`Remove ${passkey.name ?? 'the passkey'}`}
            onClick={() => onRemove(passkey)}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
    ))}
  </Stack>
)

function AddPasskey({ onDone }: { readonly onDone: () => Promise<void> }) {
  const [name, setName] = useState('')
  const { mutate, isPending, error } = useMutation({ mutationFn: () => addPasskey(name), onSuccess: onDone })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        mutate()
      }}
    >
      <Stack gap="md">
        <TextInput
          label="What you know it by"
          placeholder="My laptop"
          required
          withAsterisk={false}
          maxLength={100}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {error !== null && <Trouble error={error} />}
        <Button type="submit" loading={isPending}>
          Go on to the device
        </Button>
      </Stack>
    </form>
  )
}
