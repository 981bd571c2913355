import { Badge, Button, Stack, Text } from '@mantine/core'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { PageKeyJson } from '../../../../src/control/contract-pages.ts'
import { useOrganization } from '../../shell/organization.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Count, When } from '../../ui/figures.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { BudgetGauge } from './budget-gauge.tsx'
import { CreateKey } from './create-key.tsx'
import { KeyDetails } from './key-details.tsx'
import { nameOf } from './key-name.ts'
import { keysQuery } from './keys-query.ts'

const route = getRouteApi('/inside/dashboard/$organization/keys')

export function KeysPage() {
  const { organization, mode, may } = useOrganization()
  const { key: openId, make } = route.useSearch()
  const navigate = route.useNavigate()
  const show = (search: { key?: string | undefined; make?: 'key' | undefined }): void =>
    void navigate({ search: (before) => ({ ...before, ...search }) as never })
  const { data, error, refetch } = useQuery(keysQuery(organization.id, mode))
  const [isAll, setAll] = useState(false)
  const keys = data?.data
  const shown = isAll ? keys : keys?.filter(({ state }) => state === 'active')
  const open = keys?.find(({ id }) => id === openId)
  const create = may('keys.write') && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => show({ make: 'key' })}>
      Create a key
    </Button>
  )
  return (
    <>
      <PageHead
        title="Keys"
        about={
          mode === 'test'
            ? 'Test keys are answered by the sandbox and spend test credit.'
            : 'Live keys reach real providers and spend real credit.'
        }
        actions={create}
      />
      {error ? (
        <Trouble error={error} title="The keys could not be read" onRetry={() => void refetch()} />
      ) : (
        <DataTable
          name="keys"
          label="Keys of this organization"
          columns={columns}
          rows={shown}
          rowId={({ id }) => id}
          openId={openId}
          onOpen={({ id }) => show({ key: id })}
          toolbar={
            keys !== undefined &&
            keys.some(({ state }) => state !== 'active') && (
              <Button variant="subtle" color="gray" size="xs" onClick={() => setAll(!isAll)} aria-pressed={isAll}>
                {isAll ? 'Only those that work' : 'With revoked and expired ones'}
              </Button>
            )
          }
          empty={
            <Empty icon={IconKey} title={`No ${mode} keys yet`} action={create}>
              A key is what a program sends instead of a vendor’s: <code>sk-bf-…</code> for every model that is listed.
              Give each program one of its own, so that its use, its limits and its end are its own too.
            </Empty>
          }
        />
      )}
      <SidePanel
        isOpen={open !== undefined}
        onClose={() => show({ key: undefined })}
        title={open ? nameOf(open) : 'Key'}
      >
        {open && <KeyDetails key={open.id} of={open} />}
      </SidePanel>
      {make === 'key' && may('keys.write') && <CreateKey onClose={() => show({ make: undefined })} />}
    </>
  )
}

const stateColors = { active: 'mart', revoked: 'red', expired: 'gray' } as const
const stateTitles = { active: 'Active', revoked: 'Revoked', expired: 'Expired' } as const

const columns: readonly Column<PageKeyJson>[] = [
  {
    id: 'name',
    title: 'Key',
    cell: (key) => (
      <Stack gap={0}>
        <Text fw={550} size="sm" truncate maw={260}>
          {nameOf(key)}
        </Text>
        <Text size="xs" c="dimmed" ff="monospace">
          {key.prefix}…
        </Text>
      </Stack>
    ),
  },
  { id: 'state', title: 'State', cell: ({ state }) => <Badge color={stateColors[state]}>{stateTitles[state]}</Badge> },
  { id: 'budget', title: 'Budget', cell: (key) => <BudgetGauge of={key} isSmall /> },
  {
    id: 'requests',
    title: 'Requests a minute',
    align: 'right',
    cell: ({ gauges, rpm }) =>
      rpm === null ? (
        'no limit'
      ) : (
        <span>
          <Count value={Math.round(gauges.requests?.used ?? 0)} /> of <Count value={rpm} />
        </span>
      ),
  },
  { id: 'region', title: 'Region', cell: ({ region }) => region.toUpperCase() },
  { id: 'used', title: 'Last used', cell: ({ lastUsedAt }) => <When at={lastUsedAt} isAgo /> },
  { id: 'expires', title: 'Expires', cell: ({ expiresAt }) => <When at={expiresAt} isAgo />, isHidden: true },
  { id: 'created', title: 'Created', cell: ({ createdAt }) => <When at={createdAt} isAgo />, isHidden: true },
]
