import { Alert, Badge, Button, Group, Stack, Text } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay, IconTestPipe } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { OperatorDeploymentJson, OperatorDeploymentTestJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { Facts } from '../../ui/facts.tsx'
import { Count, Duration, When } from '../../ui/figures.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { deploymentsKey, deploymentsPath, stateWords } from './deployments.ts'

type OfProps = { readonly of: OperatorDeploymentJson }

/** One deployment: how it does, and what an operator can do about it. */
export function DeploymentDetails({ of }: OfProps) {
  const { title, color, about } = stateWords[of.state]
  return (
    <Stack gap="lg">
      <div>
        <Badge color={color} mb={6}>
          {title}
        </Badge>
        <Text>{about}</Text>
        {of.lastFault && (
          <Text size="sm" mt={4}>
            {of.lastFault.words} · <When at={of.lastFault.at} isAgo />
          </Text>
        )}
      </div>
      <Actions of={of} />
      <Facts
        label="The last hour"
        facts={[
          ['Calls', <Count key="calls" value={of.lastHour.calls} />],
          ['Failed', <Count key="failures" value={of.lastHour.failures} />],
          ...Object.entries(of.lastHour.faults).map(
            ([fault, many]) => [fault, <Count key={fault} value={many} />] as const,
          ),
          ['First byte, median', <Duration key="p50" ms={of.lastHour.firstByteMs?.p50 ?? null} />],
          ['First byte, p95', <Duration key="p95" ms={of.lastHour.firstByteMs?.p95 ?? null} />],
          ['First byte, p99', <Duration key="p99" ms={of.lastHour.firstByteMs?.p99 ?? null} />],
          ['Under way now', <Count key="flight" value={of.inFlight} />],
        ]}
      />
      <Facts
        label="As configured"
        facts={[
          ['Provider', `${of.provider} (${of.kind})`],
          ['Model', of.model ?? 'every model of its dialects'],
          ['Its name there', of.upstreamModel ?? 'the same'],
          ['Region', of.region.toUpperCase()],
          ['Priority', of.priority],
          ['Weight', of.weight],
        ]}
      />
    </Stack>
  )
}

function Actions({ of }: OfProps) {
  const client = useQueryClient()
  const path = `${deploymentsPath}/${encodeURIComponent(of.id)}` as const
  const again = () => client.invalidateQueries({ queryKey: deploymentsKey })
  const change = useMutation({
    mutationFn: (verb: 'drain' | 'resume') => ask(`${path}/${verb}`, { method: 'POST', body: {} }),
    onSuccess: again,
  })
  const test = useMutation({
    mutationFn: () => ask<OperatorDeploymentTestJson>(`${path}/test`, { method: 'POST', body: {} }),
    onSuccess: again,
  })
  const isDrained = of.state === 'drained'
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Button
          variant="default"
          loading={test.isPending}
          leftSection={<IconTestPipe size={16} aria-hidden />}
          onClick={() => test.mutate()}
        >
          Test call
        </Button>
        <Button
          variant="default"
          loading={change.isPending}
          leftSection={isDrained ? <IconPlayerPlay size={16} aria-hidden /> : <IconPlayerPause size={16} aria-hidden />}
          onClick={() => change.mutate(isDrained ? 'resume' : 'drain')}
        >
          {isDrained ? 'Let calls go there again' : 'Drain'}
        </Button>
      </Group>
      {(change.error ?? test.error) && <Trouble error={change.error ?? test.error} />}
      {test.data && (
        <Alert
          variant="light"
          color={test.data.ok ? 'mart' : 'red'}
          title={test.data.ok ? 'It answered' : 'It did not answer'}
        >
          {test.data.words} <Duration ms={test.data.ms} />
          {test.data.status !== null && `, HTTP ${test.data.status}`} · {test.data.endpoint}, {test.data.model}
        </Alert>
      )}
    </Stack>
  )
}
