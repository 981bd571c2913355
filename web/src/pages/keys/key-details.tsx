import { Alert, Badge, Button, Group, Stack, Text } from '@mantine/core'
import { IconPencil, IconRefresh, IconTrash } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { PageKeyJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { useOrganization } from '../../shell/organization.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Count, When } from '../../ui/figures.tsx'
import { shownCount } from '../../ui/format.ts'
import { Gauge } from '../../ui/gauge.tsx'
import { BudgetGauge } from './budget-gauge.tsx'
import { KeyForm } from './key-form.tsx'
import { inputOf, termsOf, type KeyTerms } from './key-terms.ts'
import { keysPath, keysQuery } from './keys-query.ts'
import { RotateKey } from './rotate-key.tsx'
import { TestCall } from './test-call.tsx'

type Doing = 'edit' | 'rotate' | 'revoke' | null

/** One key: what of its limits is used now, what it may, and what can be done with it. */
export function KeyDetails({ of }: { readonly of: PageKeyJson }) {
  const { may } = useOrganization()
  const [dialog, setDialog] = useState<Doing>(null)
  const close = (): void => setDialog(null)
  const isActive = of.state === 'active'
  return (
    <Stack gap="lg">
      {of.state !== 'active' && (
        <Alert color="gray" variant="light">
          {of.state === 'revoked' ? (
            <>
              Revoked <When at={of.revokedAt} isAgo />. That is final; its requests and receipts stay.
            </>
          ) : (
            <>
              Expired <When at={of.expiresAt} isAgo />. Change its expiry to use it again.
            </>
          )}
        </Alert>
      )}
      {may('keys.write') && of.state !== 'revoked' && (
        <Group gap="xs">
          <Button
            variant="default"
            leftSection={<IconPencil size={16} aria-hidden />}
            onClick={() => setDialog('edit')}
          >
            Change
          </Button>
          <Button
            variant="default"
            leftSection={<IconRefresh size={16} aria-hidden />}
            onClick={() => setDialog('rotate')}
          >
            Rotate
          </Button>
          <Button
            variant="default"
            c="red"
            leftSection={<IconTrash size={16} aria-hidden />}
            onClick={() => setDialog('revoke')}
          >
            Revoke
          </Button>
        </Group>
      )}
      <Gauges of={of} />
      <Terms of={of} />
      {isActive && may('keys.write') && <TestCall of={of} />}
      {dialog === 'edit' && <EditKey of={of} onClose={close} />}
      {dialog === 'rotate' && <RotateKey of={of} onClose={close} />}
      {dialog === 'revoke' && <RevokeKey of={of} onClose={close} />}
    </Stack>
  )
}

const Gauges = ({ of }: { readonly of: PageKeyJson }) => {
  const { requests, tokens, inFlight } = of.gauges
  return (
    <Stack gap="sm" component="section" aria-label="Used right now">
      <Text size="sm" fw={600}>
        Used right now
      </Text>
      <BudgetGauge of={of} />
      {requests && <RateGauge label="Requests in this minute" {...requests} />}
      {tokens && <RateGauge label="Tokens in this minute" {...tokens} />}
      {of.concurrency !== null && (
        <Gauge label="Requests at once" used={BigInt(inFlight)} limit={BigInt(of.concurrency)} shown={shownCount} />
      )}
    </Stack>
  )
}

type RateGaugeProps = { readonly label: string; readonly used: number; readonly allowed: number }

const RateGauge = ({ label, used, allowed }: RateGaugeProps) => (
  <Gauge label={label} used={BigInt(Math.round(used))} limit={BigInt(allowed)} shown={shownCount} />
)

const listed = (list: readonly string[] | null, all: string) => (list === null ? all : list.join(', '))

const Terms = ({ of }: { readonly of: PageKeyJson }) => (
  <Facts
    label="Terms"
    facts={[
      ['Secret', <code key="secret">{of.prefix}…</code>],
      ...of.earlierSecrets.map(
        ({ prefix, until }, at) =>
          [
            `Earlier secret ${prefix === null ? '' : `${prefix}…`}`,
            <span key={at}>
              works until <When at={until} />
            </span>,
          ] as const,
      ),
      ['Region', of.region.toUpperCase()],
      ['Requests a minute', <LimitOf key="rpm" value={of.rpm} />],
      ['Tokens a minute', <LimitOf key="tpm" value={of.tpm} />],
      ['Requests at once', <LimitOf key="concurrency" value={of.concurrency} />],
      ['Models', listed(of.models, 'every model')],
      ['Endpoints', listed(of.endpoints, 'every endpoint')],
      ['Addresses', listed(of.addresses, 'from everywhere')],
      ['Expires', <When key="expires" at={of.expiresAt} />],
      ['Last used', <When key="used" at={of.lastUsedAt} isAgo />],
      ['Created', <When key="created" at={of.createdAt} />],
      [
        'Kind',
        <Badge key="mode" color={of.mode === 'test' ? 'amber' : 'mart'}>
          {of.mode}
        </Badge>,
      ],
    ]}
  />
)

const LimitOf = ({ value }: { readonly value: number | null }) =>
  value === null ? 'no limit' : <Count value={value} />

type DialogProps = { readonly of: PageKeyJson; readonly onClose: () => void }

/** Reads the keys anew once something was changed. */
function useChange(of: PageKeyJson) {
  const { organization, mode } = useOrganization()
  const client = useQueryClient()
  const path = `${keysPath(organization.id)}/${of.id}` as const
  const again = () => client.invalidateQueries({ queryKey: keysQuery(organization.id, mode).queryKey })
  return { path, again }
}

function EditKey({ of, onClose }: DialogProps) {
  const { path, again } = useChange(of)
  const change = async (terms: KeyTerms): Promise<void> => {
    const body = inputOf(terms, termsOf(of))
    if (Object.keys(body).length > 0) await ask(path, { method: 'PATCH', body })
    await again()
    onClose()
  }
  return (
    <Dialog onClose={onClose} size="lg" title="Change this key">
      <KeyForm initial={termsOf(of)} submit="Save" onSubmit={change} onCancel={onClose} />
    </Dialog>
  )
}

function RevokeKey({ of, onClose }: DialogProps) {
  const { path, again } = useChange(of)
  const revoke = async (): Promise<void> => {
    await ask(`${path}/revoke`, { method: 'POST', body: {} })
    await again()
  }
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Revoke “${of.name === '' ? of.prefix : of.name}”?`}
      confirm="Revoke"
      isDangerous
      onConfirm={revoke}
    >
      Programs that use it are turned away from their next request on. Requests under way are answered. This cannot be
      undone.
    </ConfirmDialog>
  )
}
