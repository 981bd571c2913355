import { Alert, Button, Radio, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { Role } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { OneTimeLink } from '../../ui/one-time-link.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { rolesFor, roleWords } from './roles.ts'

export type InviteDialogProps = {
  /** The route that makes invitations. */
  readonly path: `/api/${string}`
  /** What is chosen at first. */
  readonly first: Role
  readonly mayMakeOwners: boolean
  readonly onClose: () => void
  /** Told once somebody is invited. */
  readonly onInvited?: () => Promise<unknown>
}

/** `url` is null where it was sent by mail. */
type Made = { readonly email: string; readonly url: string | null }

/** Invites, and shows the link where this gateway sends no mail. */
export function InviteDialog(props: InviteDialogProps) {
  const { onClose } = props
  const [made, setMade] = useState<Made | null>(null)
  return (
    <Dialog
      title={made === null ? 'Invite somebody' : 'Invited'}
      onClose={onClose}
      isSticky={typeof made?.url === 'string'}
    >
      {made === null ? <InviteForm {...props} onMade={setMade} /> : <Invited made={made} onClose={onClose} />}
    </Dialog>
  )
}

function InviteForm({
  path,
  first,
  mayMakeOwners,
  onInvited,
  onMade,
}: InviteDialogProps & { readonly onMade: (made: Made) => void }) {
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>(first)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => ask<Pick<Made, 'url'>>(path, { method: 'POST', body: { email, role } }),
    onSuccess: async ({ url }) => {
      await onInvited?.()
      onMade({ email, url })
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
        <TextInput
          label="E-mail address"
          type="email"
          required
          withAsterisk={false}
          data-autofocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Radio.Group label="Role" value={role} onChange={(value) => setRole(value)}>
          <Stack gap="xs" mt="xs">
            {rolesFor(mayMakeOwners).map(({ value, label }) => (
              <Radio key={value} value={value} label={label} description={roleWords[value as Role]} />
            ))}
          </Stack>
        </Radio.Group>
        {error !== null && <Trouble error={error} />}
        <Button type="submit" loading={isPending}>
          Invite
        </Button>
      </Stack>
    </form>
  )
}

const Invited = ({ made, onClose }: { readonly made: Made; readonly onClose: () => void }) => (
  <Stack gap="md">
    {made.url === null ? (
      <Alert role="alert" variant="light">
        A mail is on its way to {made.email}.
      </Alert>
    ) : (
      <>
        <Text>This gateway sends no mail, so pass this link on to {made.email} yourself.</Text>
        <OneTimeLink url={made.url} />
      </>
    )}
    <Button variant="default" onClick={onClose}>
      Done
    </Button>
  </Stack>
)
