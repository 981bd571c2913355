import { Badge, Button, SegmentedControl, Stack, Text } from '@mantine/core'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
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
import type { KeysSearch } from './area.ts'
import { keyQuery, keysQuery, keyStates } from './keys-query.ts'

const route = getRouteApi('/inside/dashboard/$organization/keys')

export function KeysPage() {
  const { organization, mode, may } = useOrganization()
  const { key: openId, make, state = 'active' } = route.useSearch()
  const navigate = route.useNavigate()
  const show = (search: { readonly [name in keyof KeysSearch]: KeysSearch[name] | undefined }): void =>
    void navigate({ search: (before) => ({ ...before, ...search }) as never })
  const { data, error, refetch } = useQuery(keysQuery(organization.id, mode, state))
  const keys = data?.data
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
          rows={keys}
          rowId={({ id }) => id}
          openId={openId}
          onOpen={({ id }) => show({ key: id })}
          toolbar={
            <SegmentedControl
              aria-label="State"
              size="xs"
              value={state}
              data={keyStates.map((value) => ({ value, label: stateTitles[value] }))}
              onChange={(value) => show({ state: value === 'active' ? undefined : value })}
            />
          }
          empty={
            state === 'active' ? (
              <Empty icon={IconKey} title={`No ${mode} keys yet`} action={create}>
                A key is what a program sends instead of a vendor’s: <code>sk-bf-…</code> for every model that is
                listed. Give each program one of its own, so that its use, its limits and its end are its own too.
              </Empty>
            ) : (
              <Empty icon={IconKey} title={`No ${mode} keys that are ${state}`}>
                {state === 'revoked'
                  ? 'A key that was revoked works no more, for good. Its requests and receipts stay.'
                  : 'A key that has an expiry stands here once that has come. A later expiry makes it work again.'}
              </Empty>
            )
          }
        />
      )}
      <OpenKey id={openId} listed={keys} onClose={() => show({ key: undefined })} />
      {make === 'key' && may('keys.write') && <CreateKey onClose={() => show({ make: undefined })} />}
    </>
  )
}

type OpenKeyProps = {
  readonly id: string | undefined
  readonly listed: readonly PageKeyJson[] | undefined
  readonly onClose: () => void
}

/** The key that is open: of the list, or asked for where a report has led to one of another state. */
function OpenKey({ id, listed, onClose }: OpenKeyProps) {
  const { organization, mode } = useOrganization()
  const known = listed?.find((each) => each.id === id)
  const { data, error, refetch } = useQuery({
    ...keyQuery(organization.id, mode, id ?? ''),
    enabled: id !== undefined && listed !== undefined && known === undefined,
  })
  const open = known ?? (data?.id === id ? data : undefined)
  const isLost = error !== null && open === undefined
  return (
    <SidePanel
      isOpen={id !== undefined && (open !== undefined || isLost)}
      onClose={onClose}
      title={open ? nameOf(open) : 'Key'}
    >
      {open && <KeyDetails key={open.id} of={open} />}
      {isLost && <Trouble error={error} title="This key could not be read" onRetry={() => void refetch()} />}
    </SidePanel>
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
