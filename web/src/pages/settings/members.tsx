import { Badge, Button, Group, Select, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { IconUsers } from '@tabler/icons-react'
import { useState } from 'react'
import type { PageMemberJson, Role } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { sessionQuery } from '../../api/queries.ts'
import { useOrganization } from '../../shell/organization.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { When } from '../../ui/figures.tsx'
import { SecondFactorBadge } from '../../ui/second-factor-badge.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { membersQuery, pathOf } from './members-queries.ts'
import { rolesFor, roleTitles, roleWords } from './roles.ts'

const context = getRouteApi('/inside')

export function Members() {
  const { organization, may } = useOrganization()
  const { data, error, refetch } = useQuery(membersQuery(organization.id))
  const me = context.useRouteContext().session.person.id
  const isOwner = organization.access === 'owner'
  const mayChange = ({ role }: PageMemberJson): boolean => may('members.write') && (isOwner || role !== 'owner')
  const [removed, setRemoved] = useState<PageMemberJson | null>(null)
  const client = useQueryClient()
  const columns = columnsFor({ me, isOwner, mayChange, onRemove: setRemoved })
  return (
    <section aria-label="Members">
      <Title order={2} mb="sm">
        Members
      </Title>
      {error ? (
        <Trouble error={error} title="The members could not be read" onRetry={() => void refetch()} />
      ) : (
        <DataTable
          name="members"
          label="Members of this organization"
          columns={columns}
          rows={data?.data}
          rowId={({ personId }) => personId}
          empty={
            <Empty icon={IconUsers} title="No members yet">
              Whoever runs this gateway invites the first owner.
            </Empty>
          }
        />
      )}
      <ConfirmDialog
        isOpen={removed !== null}
        onClose={() => setRemoved(null)}
        title={`Remove ${removed?.name}?`}
        confirm="Remove"
        isDangerous
        onConfirm={async () => {
          await ask(`${pathOf(organization.id)}/members/${removed!.personId}`, { method: 'DELETE' })
          await client.invalidateQueries({ queryKey: membersQuery(organization.id).queryKey })
        }}
      >
        {removed?.email} sees nothing of {organization.name} from the next click on. Keys that they made go on working;
        rotate those that they know.
      </ConfirmDialog>
    </section>
  )
}

type ColumnsFor = {
  readonly me: string
  readonly isOwner: boolean
  readonly mayChange: (member: PageMemberJson) => boolean
  readonly onRemove: (member: PageMemberJson) => void
}

const columnsFor = ({ me, isOwner, mayChange, onRemove }: ColumnsFor): readonly Column<PageMemberJson>[] => [
  { id: 'name', title: 'Member', cell: (member) => <Who member={member} isMe={member.personId === me} /> },
  {
    id: 'role',
    title: 'Role',
    cell: (member) =>
      mayChange(member) ? <RoleOf member={member} isOwner={isOwner} /> : <RoleName role={member.role} />,
  },
  {
    id: 'second-factor',
    title: 'Second factor',
    cell: (member) => <SecondFactorBadge {...member} />,
  },
  { id: 'since', title: 'Since', cell: ({ since }) => <When at={since} isAgo /> },
  {
    id: 'remove',
    title: 'Actions',
    align: 'right',
    cell: (member) =>
      mayChange(member) &&
      member.personId !== me && (
        <Button size="xs" variant="subtle" color="red" onClick={() => onRemove(member)}>
          Remove
        </Button>
      ),
  },
]

const Who = ({ member, isMe }: { readonly member: PageMemberJson; readonly isMe: boolean }) => (
  <Stack gap={0}>
    <Group gap={6}>
      <Text size="sm" fw={550}>
        {member.name}
      </Text>
      {isMe && <Badge color="gray">You</Badge>}
    </Group>
    <Text size="xs" c="dimmed">
      {member.email}
    </Text>
  </Stack>
)

const RoleName = ({ role }: { readonly role: Role }) => (
  <Text size="sm" title={roleWords[role]}>
    {roleTitles[role]}
  </Text>
)

/** Changed where it stands; what the server refuses is said below it, and the role stays. */
function RoleOf({ member, isOwner }: { readonly member: PageMemberJson; readonly isOwner: boolean }) {
  const { organization } = useOrganization()
  const client = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: (role: Role) =>
      ask(`${pathOf(organization.id)}/members/${member.personId}`, { method: 'PATCH', body: { role } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: membersQuery(organization.id).queryKey })
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey })
    },
  })
  return (
    <Select
      aria-label={`Role of ${member.name}`}
      size="xs"
      w={150}
      allowDeselect={false}
      disabled={isPending}
      value={member.role}
      data={rolesFor(isOwner)}
      error={error?.message}
      onChange={(role) => role !== null && mutate(role as Role)}
    />
  )
}
