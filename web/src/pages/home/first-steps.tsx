import { Button, Card, Group, Loader, Stack, Text, Timeline, Title } from '@mantine/core'
import { IconKey } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient, type UseMutationResult } from '@tanstack/react-query'
import type { PageKeyWithSecretJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { useOrganization } from '../../shell/organization.ts'
import { FirstCall } from '../../ui/first-call.tsx'
import { Secret } from '../../ui/secret.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { keysPath, keysQuery } from '../keys/keys-query.ts'

/** Leads somebody new to a first call: a key, the code with it filled in, and the request as it arrives. */
export function FirstSteps() {
  const { organization, mode } = useOrganization()
  const client = useQueryClient()
  const { data: keys } = useQuery(keysQuery(organization.id, mode))
  const making = useMutation({
    mutationFn: () =>
      ask<PageKeyWithSecretJson>(keysPath(organization.id), { method: 'POST', body: { name: 'First key', mode } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keysQuery(organization.id, mode).queryKey }),
  })
  const hasKeys = keys?.data.some(({ state }) => state === 'active') ?? false
  return (
    <Card component="section" aria-label="Your first call">
      <Title order={2} mb={4}>
        Your first call
      </Title>
      <Text c="dimmed" mb="lg">
        Two lines change in the official SDKs: the base URL and the key. The request shows up here the moment it ends.
      </Text>
      <Timeline active={hasKeys ? 1 : 0} bulletSize={22} lineWidth={2}>
        <Timeline.Item title="A key">
          <KeyStep making={making} hasKeys={hasKeys} />
        </Timeline.Item>
        <Timeline.Item title="The call">
          <Stack maw={760} mt={4}>
            <FirstCall {...(making.data && { secret: making.data.key })} />
          </Stack>
        </Timeline.Item>
        <Timeline.Item title="The request">
          <RequestStep />
        </Timeline.Item>
      </Timeline>
    </Card>
  )
}

type KeyStepProps = {
  readonly making: UseMutationResult<PageKeyWithSecretJson, Error, void>
  readonly hasKeys: boolean
}

function KeyStep({ making, hasKeys }: KeyStepProps) {
  const { organization, mode, may } = useOrganization()
  const { data: made, mutate, isPending, error } = making
  if (made)
    return (
      <Stack maw={560} mt={4}>
        <Secret value={made.key} label="The key" />
      </Stack>
    )
  return (
    <Stack gap="sm" maw={560} mt={4}>
      <Text size="sm">
        {hasKeys
          ? 'You have one; its secret was shown when it was made. Use that, or make another one.'
          : `It spends ${mode} credit of ${organization.name}.`}
      </Text>
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

const RequestStep = () => (
  <Group gap="xs" mt={4} aria-live="polite">
    <Loader size="xs" type="dots" aria-hidden />
    <Text size="sm">Waiting for it …</Text>
  </Group>
)
