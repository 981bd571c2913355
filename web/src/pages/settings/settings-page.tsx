import { Button, Stack, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../../api/client.ts'
import { organizationKey, sessionQuery } from '../../api/queries.ts'
import { useOrganization } from '../../shell/organization.ts'
import { AuditList } from '../../ui/audit-list.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Facts } from '../../ui/facts.tsx'
import { When } from '../../ui/figures.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { Copy } from '../../ui/copy.tsx'
import { Invitations } from './invitations.tsx'
import { Members } from './members.tsx'
import { invitationsQuery, membersQuery, pathOf, securityQuery } from './members-queries.ts'
import { Security } from './security.tsx'

export function SettingsPage() {
  const { organization, may } = useOrganization()
  const isShown = may('members.read')
  const members = useQuery({ ...membersQuery(organization.id), enabled: isShown })
  const invitations = useQuery({ ...invitationsQuery(organization.id), enabled: isShown })
  const security = useQuery({ ...securityQuery(organization.id), enabled: isShown })
  const [isThere, setThere] = useState(false)
  // What is below comes when nothing above it grows any more. And stays: what failed is asked again by what is shown then.
  if (!isThere && !members.isLoading && !invitations.isLoading && !security.isLoading) setThere(true)
  return (
    <>
      <PageHead title="Settings" about={`Who works in ${organization.name}, and what each may do.`} />
      <Stack gap="xl">
        {isShown ? <Members /> : <Text c="dimmed">Your role does not show the members.</Text>}
        {isShown && isThere && <Invitations />}
        {isShown && isThere && <Security />}
        {isThere && <TheOrganization />}
        {isThere && may('audit.read') && <Changes />}
        {isThere && organization.access !== 'operator' && <Leave />}
      </Stack>
    </>
  )
}

function TheOrganization() {
  const { organization } = useOrganization()
  return (
    <Facts
      label="The organization"
      facts={[
        ['Name', organization.name],
        [
          'Id',
          <span key="id">
            <code>{organization.id}</code> <Copy text={organization.id} label="Copy the organization’s id" />
          </span>,
        ],
        ['Made', <When key="made" at={organization.createdAt} />],
      ]}
    />
  )
}

function Changes() {
  const { organization } = useOrganization()
  return (
    <section aria-label="What was changed">
      <Title order={2} mb="sm">
        What was changed
      </Title>
      <AuditList
        path={`/api/organizations/${encodeURIComponent(organization.id)}/audit`}
        queryKey={organizationKey(organization.id, null, 'audit')}
      />
    </section>
  )
}

const route = getRouteApi('/inside/dashboard/$organization/settings')

function Leave() {
  const { organization } = useOrganization()
  const [isAsking, setAsking] = useState(false)
  const client = useQueryClient()
  const navigate = route.useNavigate()
  return (
    <div>
      <Button variant="subtle" color="red" onClick={() => setAsking(true)}>
        Leave {organization.name}
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Leave ${organization.name}?`}
        confirm="Leave"
        isDangerous
        onConfirm={async () => {
          await ask(`${pathOf(organization.id)}/leave`, { method: 'POST', body: {} })
          await client.invalidateQueries({ queryKey: sessionQuery.queryKey })
          await navigate({ to: '/dashboard' })
        }}
      >
        You see nothing of it from then on. Its keys go on working. To come back, somebody must invite you again.
      </ConfirmDialog>
    </div>
  )
}
