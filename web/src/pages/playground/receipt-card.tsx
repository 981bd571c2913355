import { Anchor, Badge, Card, Group, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { receiptOf, type CustomerReceipt, type GivenKey } from '../../api/keyed-call.ts'
import { ApiTrouble } from '../../api/client.ts'
import { Copy } from '../../ui/copy.tsx'
import { Count, Duration } from '../../ui/figures.tsx'
import { decimalUsd } from '../../ui/format.ts'
import { Money } from '../../ui/money.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import classes from './playground.module.css'
import type { Exchange } from './use-exchanges.ts'

/** Tries for a receipt that is not there yet: it is, some milliseconds after its answer. */
const triesMax = 8
const againMs = 250

type ReceiptCardProps = { readonly exchange: Exchange | null }

/** What the last call cost, as its receipt says. */
export function ReceiptCard({ exchange }: ReceiptCardProps) {
  const requestId = exchange?.requestId ?? null
  const { data: receipt, error } = useQuery({
    queryKey: ['playground', 'receipt', requestId, exchange?.state],
    enabled: requestId !== null && exchange?.state !== 'running',
    gcTime: 0,
    retry: (failures, trouble) => trouble instanceof ApiTrouble && trouble.status === 404 && failures < triesMax,
    retryDelay: againMs,
    queryFn: ({ signal }) => receiptOf(requestId!, exchange!.key, signal),
  })
  return (
    <Card aria-busy={exchange?.state === 'running'} className={classes['receipt'] ?? ''}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h3">
          Receipt
        </Title>
        {receipt && <Badge color={receipt.mode === 'test' ? 'amber' : 'mart'}>{receipt.mode}</Badge>}
      </Group>
      {receipt ? (
        <Lines receipt={receipt} of={exchange?.key ?? ''} />
      ) : error ? (
        <Trouble error={error} title="The receipt could not be read" />
      ) : (
        <Text c="dimmed">
          {requestId === null
            ? 'What a call cost stands here when it has ended.'
            : 'It comes with the end of the answer.'}
        </Text>
      )}
    </Card>
  )
}

type LinesProps = { readonly receipt: CustomerReceipt; readonly of: GivenKey }

const Lines = ({ receipt, of }: LinesProps) => (
  <Stack gap="xs">
    <Text className={classes['charge'] ?? ''} component="div">
      <Money nano={receipt.chargeNano} copies isWhole />
    </Text>
    <Table verticalSpacing={4} horizontalSpacing={0} withRowBorders={false} aria-label="What is charged">
      <Table.Tbody>
        {receipt.lines.map((line) => (
          <Table.Tr key={line.class}>
            <Table.Td>
              <Count value={line.quantity} /> {wordsOf(line.class)}
            </Table.Td>
            <Table.Td ta="right">{decimalUsd(line.amountUsd)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
    <dl className={classes['facts']}>
      <dt>Held before</dt>
      <dd>
        <Money nano={receipt.holdNano} />
      </dd>
      <dt>First byte</dt>
      <dd>
        <Duration ms={receipt.firstByteMs} />
      </dd>
      <dt>Whole answer</dt>
      <dd>
        <Duration ms={receipt.latencyMs} />
      </dd>
      <dt>Served by</dt>
      <dd>
        {receipt.servedModel ?? receipt.model}, {receipt.region}
      </dd>
      <dt>Ended</dt>
      <dd>{receipt.ending}</dd>
      <dt>Request</dt>
      <dd>
        <code>{receipt.requestId}</code>
        <Copy text={receipt.requestId} label="Copy the request id" />
      </dd>
    </dl>
    {typeof of !== 'string' && (
      <Anchor
        size="sm"
        href={`/dashboard/${of.organization}/requests?mode=${receipt.mode}&request=${receipt.requestId}`}
      >
        How it went, step by step
      </Anchor>
    )}
  </Stack>
)

/** `cachedInput` as people say it. */
const wordsOf = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
