import { Alert, Button, Radio, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { InvitationJson, Role } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { useOrganization } from '../../shell/organization.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { OneTimeLink } from '../../ui/one-time-link.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { invitationsQuery, pathOf } from './members-queries.ts'
import { rolesFor } from './members.tsx'
import { roleWords } from './roles.ts'

type Made = InvitationJson & { readonly url: string | null }

/** Invites, and shows the link where this gateway sends no mail. */
export function InviteDialog({ onClose }: { readonly onClose: () => void }) {
  const [made, setMade] = useState<Made | null>(null)
  return (
    <Dialog
      title={made === null ? 'Invite somebody' : 'Invited'}
      onClose={onClose}
      isSticky={typeof made?.url === 'string'}
    >
      {made === null ? <InviteForm onMade={setMade} /> : <Invited made={made} onClose={onClose} />}
    </Dialog>
  )
}

function InviteForm({ onMade }: { readonly onMade: (made: Made) => void }) {
  const { organization } = useOrganization()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('developer')
  const client = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => ask<Made>(`${pathOf(organization.id)}/invitations`, { method: 'POST', body: { email, role } }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: invitationsQuery(organization.id).queryKey })
      onMade(made)
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
            {rolesFor(organization.access === 'owner').map(({ value, label }) => (
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
