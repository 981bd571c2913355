import { Alert, Badge, Button, Skeleton, Stack, Text } from '@mantine/core'
import { IconScale } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { OperatorLedgerVerificationJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Duration, When } from '../../ui/figures.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { Trouble } from '../../ui/trouble.tsx'

const path = '/api/operator/ledger-verification' as const
const queryKey = ['operator', 'ledger'] as const
type Check = NonNullable<OperatorLedgerVerificationJson['last']>['checks'][number]

export function OperatorLedgerPage() {
  const client = useQueryClient()
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) => ask<OperatorLedgerVerificationJson>(path, { signal }),
    refetchInterval: ({ state }) => (state.data?.isRunning ? 1_000 : 30_000),
  })
  const verify = useMutation({
    mutationFn: () => ask<OperatorLedgerVerificationJson>(path, { method: 'POST', body: {} }),
    onSettled: () => client.invalidateQueries({ queryKey }),
  })
  return (
    <>
      <PageHead
        title="Ledger"
        about="Whether every account, charge, hold and reservation adds up, proved over all rows. It is done once a day by itself."
        actions={
          <Button
            leftSection={<IconScale size={16} aria-hidden />}
            loading={verify.isPending || data?.isRunning === true}
            onClick={() => verify.mutate()}
          >
            Verify now
          </Button>
        }
      />
      {(error ?? verify.error) ? (
        <Trouble
          error={error ?? verify.error}
          title="The ledger could not be verified"
          onRetry={() => void refetch()}
        />
      ) : data === undefined ? (
        <Skeleton height={360} radius="lg" />
      ) : data.last === null ? (
        <Empty icon={IconScale} title="Not verified yet">
          It will be within a day of the first start; or press “Verify now”.
        </Empty>
      ) : (
        <Verification last={data.last} />
      )}
    </>
  )
}

const Verification = ({ last }: { readonly last: NonNullable<OperatorLedgerVerificationJson['last']> }) => (
  <Stack gap="md">
    <Alert
      variant="light"
      color={last.ok ? 'mart' : 'red'}
      title={last.ok ? 'The ledger adds up' : 'The ledger does not add up'}
    >
      Verified <When at={last.at} isAgo />, in <Duration ms={last.ms} />.
      {!last.ok && ' Stop granting and charging, keep a copy of the data folder, and look at what failed below.'}
    </Alert>
    <DataTable
      name="ledger-checks"
      label="Checks of the ledger"
      columns={columns}
      rows={last.checks.toSorted((a, b) => Number(a.ok) - Number(b.ok))}
      rowId={({ name }) => name}
      empty={<Text c="dimmed">There are no checks.</Text>}
    />
  </Stack>
)

const columns: readonly Column<Check>[] = [
  { id: 'name', title: 'Check', cell: ({ name }) => name.replaceAll('-', ' ') },
  { id: 'ok', title: 'Result', cell: ({ ok }) => <Badge color={ok ? 'mart' : 'red'}>{ok ? 'holds' : 'fails'}</Badge> },
  { id: 'detail', title: 'What was looked at', cell: ({ detail }) => detail },
]
