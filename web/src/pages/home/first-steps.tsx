import { Button, Card, Group, Stack, Text, Timeline, Title } from '@mantine/core'
import { IconKey } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient, type UseMutationResult } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { EntryJson, PageKeyJson, PageKeyWithSecretJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { organizationQuery, useOrganization } from '../../shell/organization.ts'
import { FirstCall } from '../../ui/first-call.tsx'
import { Secret } from '../../ui/secret.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { keysPath, keysQuery } from '../keys/keys-query.ts'
import { RequestStep } from './first-outcome.tsx'
import { guided } from './guided.ts'
import { KeyInCode } from './key-in-code.tsx'

type FirstStepsProps = {
  /** The newest call, which failed; null where there was none. */
  readonly refused: EntryJson | null
}

/** Leads somebody new to a first call: a key, the code with it filled in, and the request as it arrives. */
export function FirstSteps({ refused }: FirstStepsProps) {
  const { organization, mode } = useOrganization()
  useEffect(() => guided.begin({ organization: organization.id, mode }), [organization.id, mode])
  const client = useQueryClient()
  const { data: keys } = useQuery(keysQuery(organization.id, mode))
  const making = useMutation({
    mutationFn: () =>
      ask<PageKeyWithSecretJson>(keysPath(organization.id), { method: 'POST', body: { name: 'First key', mode } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keysQuery(organization.id, mode).queryKey }),
  })
  const active = keys?.data.filter(({ state }) => state === 'active') ?? []
  const hasKeys = active.length > 0
  const [given, setGiven] = useState<string | null>(null)
  const secret = making.data?.key ?? (hasKeys ? given : null)
  return (
    <Card component="section" aria-label="Your first call">
      <Title order={2} mb={4}>
        Your first call
      </Title>
      <Text c="dimmed" mb="lg">
        Two lines change in the official SDKs: the base URL and the key. The request shows up here the moment it ends.
      </Text>
      <Timeline active={refused ? 2 : hasKeys ? 1 : 0} bulletSize={22} lineWidth={2}>
        <Timeline.Item title="A key">
          <KeyStep making={making} keys={active} onSecret={setGiven} />
        </Timeline.Item>
        <Timeline.Item title="The call">
          <Stack maw={760} mt={4}>
            <FirstCall {...(secret !== null && { secret })} />
          </Stack>
        </Timeline.Item>
        <Timeline.Item title="The request">
          <RequestStep refused={refused} />
        </Timeline.Item>
      </Timeline>
    </Card>
  )
}

type KeyStepProps = {
  readonly making: UseMutationResult<PageKeyWithSecretJson, Error, void>
  readonly keys: readonly PageKeyJson[]
  readonly onSecret: (secret: string | null) => void
}

function KeyStep({ making, keys, onSecret }: KeyStepProps) {
  const hasKeys = keys.length > 0
  const { organization, mode, may } = useOrganization()
  const { data: { balances } = organization } = useQuery(organizationQuery(organization.id))
  const hasNoCredit = balances.some((balance) => balance.mode === mode && balance.availableNano === '0')
  const { data: made, mutate, isPending, error } = making
  if (made)
    return (
      <Stack maw={560} mt={4}>
        <Secret value={made.key} label="The key" />
      </Stack>
    )
  return (
    <Stack gap="sm" maw={640} mt={4}>
      <Text size="sm">
        {hasKeys
          ? 'You have one; its secret was shown when it was made.'
          : `It spends ${mode} credit of ${organization.name}.`}
        {hasNoCredit &&
          ` There is no ${mode} credit yet, and calls are refused without: whoever runs this gateway grants it.`}
      </Text>
      {hasKeys && <KeyInCode keys={keys} onSecret={onSecret} />}
      {may('keys.write') && (
        <Group>
          <Button
            variant={hasKeys ? 'default' : 'filled'}
            leftSection={<IconKey size={16} aria-hidden />}
            loading={isPending}
            onClick={() => mutate()}
          >
            {hasKeys ? 'Make another key' : 'Make a key'}
          </Button>
        </Group>
      )}
      {error && <Trouble error={error} />}
    </Stack>
  )
}
