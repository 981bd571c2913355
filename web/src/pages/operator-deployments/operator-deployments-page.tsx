import { Badge, Stack, Text } from '@mantine/core'
import { IconServer2 } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { OperatorDeploymentJson, OperatorDeploymentListJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Count, Duration } from '../../ui/figures.tsx'
import { shownShare } from '../../ui/format.ts'
import { PageHead } from '../../ui/page-head.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { DeploymentDetails } from './deployment-details.tsx'
import { deploymentsKey, deploymentsPath, stateWords } from './deployments.ts'

export function OperatorDeploymentsPage() {
  const { data, error, refetch } = useQuery({
    queryKey: deploymentsKey,
    queryFn: ({ signal }) => ask<OperatorDeploymentListJson>(deploymentsPath, { signal }),
    refetchInterval: 3_000,
  })
  const [openId, setOpenId] = useState<string | null>(null)
  const open = data?.data.find(({ id }) => id === openId)
  return (
    <>
      <PageHead title="Deployments" about="The accounts and models that requests go to, as this node sees them." />
      {error ? (
        <Trouble error={error} title="The deployments could not be read" onRetry={() => void refetch()} />
      ) : (
        <DataTable
          name="deployments"
          label="All deployments"
          columns={columns}
          rows={data?.data}
          rowId={({ id }) => id}
          openId={openId}
          onOpen={({ id }) => setOpenId(id)}
          empty={
            <Empty icon={IconServer2} title="No deployments">
              Name providers and deployments in <code>mart.yaml</code>; a sandbox serves test keys without any.
            </Empty>
          }
        />
      )}
      <SidePanel isOpen={open !== undefined} onClose={() => setOpenId(null)} title={open?.id ?? 'Deployment'}>
        {open && <DeploymentDetails key={open.id} of={open} />}
      </SidePanel>
    </>
  )
}

const columns: readonly Column<OperatorDeploymentJson>[] = [
  {
    id: 'id',
    title: 'Deployment',
    cell: ({ id, provider, kind }) => (
      <Stack gap={0}>
        <Text fw={550} size="sm">
          {id}
        </Text>
        <Text size="xs" c="dimmed">
          {provider} · {kind}
        </Text>
      </Stack>
    ),
  },
  {
    id: 'state',
    title: 'State',
    cell: ({ state, lastFault }) => (
      <Stack gap={2}>
        <Badge color={stateWords[state].color}>{stateWords[state].title}</Badge>
        {lastFault && (
          <Text size="xs" c="dimmed" maw={260} truncate>
            {lastFault.words}
          </Text>
        )}
      </Stack>
    ),
  },
  { id: 'model', title: 'Model', cell: ({ model }) => model ?? 'every model' },
  { id: 'region', title: 'Region', cell: ({ region }) => region.toUpperCase() },
  { id: 'flight', title: 'Under way', align: 'right', cell: ({ inFlight }) => <Count value={inFlight} /> },
  { id: 'calls', title: 'Calls, last hour', align: 'right', cell: ({ lastHour }) => <Count value={lastHour.calls} /> },
  {
    id: 'failures',
    title: 'Failed',
    align: 'right',
    cell: ({ lastHour: { calls, failures } }) => (calls === 0 ? '–' : shownShare(failures / calls)),
  },
  {
    id: 'p95',
    title: 'First byte, p95',
    align: 'right',
    cell: ({ lastHour }) => <Duration ms={lastHour.firstByteMs?.p95 ?? null} />,
  },
]
