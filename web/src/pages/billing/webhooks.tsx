import { Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import { IconPlus, IconWebhook } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageWebhookJson } from '../../../../src/control/contract-pages.ts'
import { useOrganization } from '../../shell/organization.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { When } from '../../ui/figures.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { webhooksQuery } from './billing-queries.ts'
import { CreateWebhook } from './create-webhook.tsx'
import { WebhookDetails } from './webhook-details.tsx'

/** Where the organization is told of events. */
export function Webhooks() {
  const { organization, may } = useOrganization()
  const { data, error, refetch } = useQuery(webhooksQuery(organization.id))
  const [openId, setOpenId] = useState<string | null>(null)
  const [isMaking, setMaking] = useState(false)
  const open = data?.data.find(({ id }) => id === openId)
  const create = may('billing.write') && (
    <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      Add a webhook
    </Button>
  )
  return (
    <Card component="section" aria-label="Webhooks">
      <Group justify="space-between" mb="sm">
        <div>
          <Title order={2}>Webhooks</Title>
          <Text c="dimmed">
            Signed as Standard Webhooks says. <a href="/docs/webhooks">How to verify one</a>
          </Text>
        </div>
        {create}
      </Group>
      {error ? (
        <Trouble error={error} title="The webhooks could not be read" onRetry={() => void refetch()} />
      ) : (
        <DataTable
          name="webhooks"
          label="Webhooks of this organization"
          columns={columns}
          rows={data?.data}
          rowId={({ id }) => id}
          openId={openId}
          onOpen={({ id }) => setOpenId(id)}
          empty={
            <Empty icon={IconWebhook} title="No webhooks yet">
              Your server is told of low credit, of keys and of jobs as it happens, and again until it has taken it.
            </Empty>
          }
        />
      )}
      <SidePanel isOpen={open !== undefined} onClose={() => setOpenId(null)} title="Webhook">
        {open && <WebhookDetails key={open.id} of={open} onGone={() => setOpenId(null)} />}
      </SidePanel>
      {isMaking && <CreateWebhook onClose={() => setMaking(false)} />}
    </Card>
  )
}

const columns: readonly Column<PageWebhookJson>[] = [
  {
    id: 'url',
    title: 'URL',
    cell: ({ url, events }) => (
      <Stack gap={0}>
        <Text size="sm" fw={550} truncate maw={380}>
          {url}
        </Text>
        <Text size="xs" c="dimmed">
          {events.join(', ')}
        </Text>
      </Stack>
    ),
  },
  { id: 'state', title: 'State', cell: (webhook) => <WebhookState of={webhook} /> },
  { id: 'created', title: 'Added', cell: ({ createdAt }) => <When at={createdAt} isAgo /> },
]

function WebhookState({ of }: { readonly of: PageWebhookJson }) {
  if (of.state === 'disabled')
    return <Badge color="gray">{of.disabledWhy === 'failing' ? 'Disabled: it failed too long' : 'Disabled'}</Badge>
  return of.failingSince === null ? <Badge color="mart">Enabled</Badge> : <Badge color="red">Failing</Badge>
}
