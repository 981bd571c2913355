import { Badge, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconBuilding, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { OperatorOrganizationJson } from '../../../../src/control/contract-pages.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Count, When } from '../../ui/figures.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { NameOrganization } from './name-organization.tsx'
import { OrganizationDetails } from './organization-details.tsx'
import { organizationsQuery } from './organizations-query.ts'

const route = getRouteApi('/inside/operator/organizations')

export function OperatorOrganizationsPage() {
  const { organization: openId } = route.useSearch()
  const navigate = route.useNavigate()
  const show = (organization: string | undefined): void => void navigate({ search: { organization } as never })
  const { data, error, refetch } = useQuery(organizationsQuery)
  const [isMaking, setMaking] = useState(false)
  const [text, setText] = useState('')
  const all = data?.data
  const open = all?.find(({ id }) => id === openId)
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      Create an organization
    </Button>
  )
  return (
    <>
      <PageHead
        title="Organizations"
        about="Who pays: their credit, their keys, and whether they are served."
        actions={create}
      />
      {error ? (
        <Trouble error={error} title="The organizations could not be read" onRetry={() => void refetch()} />
      ) : (
        <DataTable
          name="organizations"
          label="All organizations"
          columns={columns}
          rows={all?.filter(({ name, id }) => `${name} ${id}`.toLowerCase().includes(text.toLowerCase()))}
          rowId={({ id }) => id}
          openId={openId}
          onOpen={({ id }) => show(id)}
          toolbar={
            <TextInput
              aria-label="Search organizations"
              placeholder="Name or id"
              size="sm"
              w={260}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          }
          empty={
            <Empty
              icon={IconBuilding}
              title={text === '' ? 'No organizations yet' : 'None of that name'}
              action={text === '' && create}
            >
              An organization has keys, members and credit. Create one, grant it credit, and invite its owner.
            </Empty>
          }
        />
      )}
      <SidePanel isOpen={open !== undefined} onClose={() => show(undefined)} title={open?.name ?? 'Organization'}>
        {open && <OrganizationDetails key={open.id} of={open} />}
      </SidePanel>
      {isMaking && <NameOrganization of={null} onClose={() => setMaking(false)} onDone={show} />}
    </>
  )
}

const availableOf = ({ balances }: OperatorOrganizationJson, mode: 'test' | 'live'): string =>
  balances.find((balance) => balance.mode === mode)?.availableNano ?? '0'

const columns: readonly Column<OperatorOrganizationJson>[] = [
  {
    id: 'name',
    title: 'Organization',
    cell: ({ name, id }) => (
      <Stack gap={0}>
        <Text fw={550} size="sm" truncate maw={280}>
          {name}
        </Text>
        <Text size="xs" c="dimmed" ff="monospace" truncate maw={280}>
          {id}
        </Text>
      </Stack>
    ),
  },
  {
    id: 'state',
    title: 'State',
    cell: ({ state }) => (
      <Badge color={state === 'active' ? 'mart' : 'red'}>{state === 'active' ? 'Served' : 'Suspended'}</Badge>
    ),
  },
  { id: 'live', title: 'Live credit', align: 'right', cell: (of) => <Money nano={availableOf(of, 'live')} /> },
  { id: 'test', title: 'Test credit', align: 'right', cell: (of) => <Money nano={availableOf(of, 'test')} /> },
  {
    id: 'keys',
    title: 'Keys that work',
    align: 'right',
    cell: ({ keys, activeKeys }) => (
      <Group gap={4} justify="flex-end">
        <Count value={activeKeys} />
        <Text size="xs" c="dimmed" span>
          of {keys}
        </Text>
      </Group>
    ),
  },
  { id: 'created', title: 'Created', cell: ({ createdAt }) => <When at={createdAt} isAgo /> },
]
