import { Badge, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { IconRefresh, IconSend, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageDeliveryJson, PageWebhookJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { useOrganization } from '../../shell/organization.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Duration, When } from '../../ui/figures.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { deliveriesQuery, webhooksPath, webhooksQuery } from './billing-queries.ts'

type OfProps = { readonly of: PageWebhookJson }

/** One webhook: what was delivered there, every try of it, and what can be done with it. */
export function WebhookDetails({ of, onGone }: OfProps & { readonly onGone: () => void }) {
  const { may } = useOrganization()
  return (
    <Stack gap="lg">
      <Facts
        label="Where and what"
        facts={[
          ['URL', of.url],
          ['Events', of.events.join(', ')],
          ['State', of.state === 'enabled' ? 'enabled' : 'disabled'],
          ...(of.failingSince === null
            ? []
            : [['Takes nothing since', <When key="failing" at={of.failingSince} />] as const]),
        ]}
      />
      {may('billing.write') && <Actions of={of} onGone={onGone} />}
      <Deliveries of={of} />
    </Stack>
  )
}

function Actions({ of, onGone }: OfProps & { readonly onGone: () => void }) {
  const { organization } = useOrganization()
  const client = useQueryClient()
  const [isDeleting, setDeleting] = useState(false)
  const path = `${webhooksPath(organization.id)}/${of.id}` as const
  const again = () => client.invalidateQueries({ queryKey: webhooksQuery(organization.id).queryKey })
  const test = useMutation({
    mutationFn: () => ask(`${path}/test`, { method: 'POST', body: {} }),
    onSuccess: () => client.invalidateQueries({ queryKey: deliveriesQuery(organization.id, of.id).queryKey }),
  })
  const change = useMutation({
    mutationFn: (state: PageWebhookJson['state']) => ask(path, { method: 'PATCH', body: { state } }),
    onSuccess: again,
  })
  const remove = async (): Promise<void> => {
    await ask(path, { method: 'DELETE' })
    await again()
    onGone()
  }
  const isEnabled = of.state === 'enabled'
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Button
          variant="default"
          leftSection={<IconSend size={16} aria-hidden />}
          loading={test.isPending}
          onClick={() => test.mutate()}
        >
          Send a test
        </Button>
        <Button
          variant="default"
          loading={change.isPending}
          onClick={() => change.mutate(isEnabled ? 'disabled' : 'enabled')}
        >
          {isEnabled ? 'Disable' : 'Enable'}
        </Button>
        <Button
          variant="default"
          c="red"
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={() => setDeleting(true)}
        >
          Delete
        </Button>
      </Group>
      {(test.error ?? change.error) && <Trouble error={test.error ?? change.error} />}
      <ConfirmDialog
        isOpen={isDeleting}
        onClose={() => setDeleting(false)}
        title="Delete this webhook?"
        confirm="Delete"
        isDangerous
        onConfirm={remove}
      >
        Nothing is delivered there any more, and what was delivered is forgotten.
      </ConfirmDialog>
    </Stack>
  )
}

const stateColors = { pending: 'blue', delivered: 'mart', failed: 'red' } as const

function Deliveries({ of }: OfProps) {
  const { organization } = useOrganization()
  const { data, error } = useQuery(deliveriesQuery(organization.id, of.id))
  if (error) return <Trouble error={error} title="The deliveries could not be read" />
  if (!data) return <Skeleton height={160} />
  return (
    <Stack gap="sm" component="section" aria-label="Deliveries">
      <Text size="sm" fw={600}>
        Deliveries
      </Text>
      {data.data.length === 0 && <Text c="dimmed">None in the last 30 days.</Text>}
      {data.data.map((delivery) => (
        <Delivery key={delivery.id} delivery={delivery} />
      ))}
    </Stack>
  )
}

function Delivery({ delivery }: { readonly delivery: PageDeliveryJson }) {
  const { organization, may } = useOrganization()
  const client = useQueryClient()
  const { mutate, isPending } = useMutation({
    mutationFn: () =>
      ask(`${webhooksPath(organization.id)}/${delivery.webhookId}/deliveries/${delivery.id}/resend`, {
        method: 'POST',
        body: {},
      }),
    onSuccess: () =>
      client.invalidateQueries({ queryKey: deliveriesQuery(organization.id, delivery.webhookId).queryKey }),
  })
  const last = delivery.attempts.at(-1)
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm">
      <div style={{ minWidth: 0 }}>
        <Group gap={6}>
          <Badge color={stateColors[delivery.state]}>{delivery.state}</Badge>
          <Text size="sm" fw={550}>
            {delivery.event}
          </Text>
        </Group>
        <Text size="xs" c="dimmed">
          <When at={delivery.createdAt} isAgo /> ·{' '}
          {delivery.attempts.length === 1 ? 'one try' : `${delivery.attempts.length} tries`}
          {last && (
            <>
              {' '}
              · {last.status ?? last.error ?? ''} in <Duration ms={last.ms} />
            </>
          )}
        </Text>
      </div>
      {may('billing.write') && (
        <Button
          size="xs"
          variant="subtle"
          loading={isPending}
          leftSection={<IconRefresh size={14} aria-hidden />}
          onClick={() => mutate()}
        >
          Send again
        </Button>
      )}
    </Group>
  )
}
