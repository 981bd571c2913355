import { Button, Group, Title } from '@mantine/core'
import { IconMail, IconUserPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { InvitationJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { useOrganization } from '../../shell/organization.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { When } from '../../ui/figures.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { invitationsQuery, pathOf } from './members-queries.ts'
import { roleTitles } from './roles.ts'

export function Invitations() {
  const { organization, may } = useOrganization()
  const { data, error, refetch } = useQuery(invitationsQuery(organization.id))
  const [isInviting, setInviting] = useState(false)
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: (id: string) => ask(`${pathOf(organization.id)}/invitations/${id}`, { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey: invitationsQuery(organization.id).queryKey }),
  })
  const invite = may('members.write') && (
    <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setInviting(true)}>
      Invite somebody
    </Button>
  )
  const columns: readonly Column<InvitationJson>[] = [
    { id: 'email', title: 'Address', cell: ({ email }) => email },
    { id: 'role', title: 'Role', cell: ({ role }) => roleTitles[role] },
    { id: 'by', title: 'Invited by', cell: ({ invitedBy }) => invitedBy },
    { id: 'expires', title: 'Ends', cell: ({ expiresAt }) => <When at={expiresAt} isAgo /> },
    {
      id: 'revoke',
      title: 'Actions',
      align: 'right',
      cell: ({ id, email }) =>
        may('members.write') && (
          <Button
            size="xs"
            variant="subtle"
            color="red"
            aria-label={`Revoke the invitation of ${email}`}
            onClick={() => revoke.mutate(id)}
          >
            Revoke
          </Button>
        ),
    },
  ]
  const trouble = error ?? revoke.error
  return (
    <section aria-label="Invitations">
      <Group justify="space-between" mb="sm">
        <Title order={2}>Invitations</Title>
        {invite}
      </Group>
      {trouble !== null && <Trouble error={trouble} onRetry={() => void refetch()} />}
      <DataTable
        name="invitations"
        label="Invitations that are open"
        columns={columns}
        rows={data?.data}
        rowId={({ id }) => id}
        empty={
          <Empty icon={IconMail} title="Nobody is invited now">
            An invitation is for one e-mail address, works once, and ends after seven days.
          </Empty>
        }
      />
      {isInviting && (
        <InviteDialog
          path={`${pathOf(organization.id)}/invitations`}
          first="developer"
          mayMakeOwners={organization.access === 'owner'}
          onClose={() => setInviting(false)}
          onInvited={() => client.invalidateQueries({ queryKey: invitationsQuery(organization.id).queryKey })}
        />
      )}
    </section>
  )
}
