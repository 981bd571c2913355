/** What became of a first call: it is waited for, was refused, or has succeeded. */
import { Alert, Anchor, Button, Card, CloseButton, Group, Loader, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconReceipt } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { EntryJson } from '../../../../src/control/contract-pages.ts'
import { useOrganization } from '../../shell/organization.ts'
import { Duration, When } from '../../ui/figures.tsx'
import { Money } from '../../ui/money.tsx'
import { endingWords } from '../requests/endings.ts'

/** `refused`: the newest that failed, while none has succeeded. */
export const RequestStep = ({ refused }: { readonly refused: EntryJson | null }) => (
  <Stack gap="sm" mt={4} maw={640} aria-live="polite">
    {refused && <Refused entry={refused} />}
    <Group gap="xs">
      <Loader size="xs" type="dots" aria-hidden />
      <Text size="sm">{refused ? 'Waiting for the next one …' : 'Waiting for it …'}</Text>
    </Group>
    <NothingArrives />
  </Stack>
)

/** Calls with a wrong key are nobody's, and those of the other mode are shown there. */
function NothingArrives() {
  const { mode } = useOrganization()
  return (
    <Text size="sm" c="dimmed">
      Your program is told <code>invalid_api_key</code> or <code>API_KEY_INVALID</code>? A call with a wrong key is
      nobody’s, and cannot show here: copy the whole key from the first step. Calls with a{' '}
      {mode === 'test' ? 'live' : 'test'} key show in {mode === 'test' ? 'live' : 'test'} mode.
    </Text>
  )
}

function Refused({ entry }: { readonly entry: EntryJson }) {
  const { state, status, ending, endedAt } = entry
  return (
    <Alert
      role="alert"
      variant="light"
      color="red"
      icon={<IconAlertTriangle aria-hidden />}
      title={`A call arrived and did not succeed: ${status === 0 ? ending : `${status} ${ending}`}`}
    >
      <Text size="sm">
        {adviceOn(entry)} It cost <Money nano={entry.chargeNano} />, <When at={endedAt} isAgo />.
      </Text>
      <Group gap="md" mt={6}>
        {state === 'rejected' && (
          <Anchor href={`/docs/errors/${ending}`} size="sm" underline="always">
            What this means, and what to do
          </Anchor>
        )}
        <ReceiptLink of={entry}>How it went</ReceiptLink>
      </Group>
    </Alert>
  )
}

/** What to do about the ones that first calls meet; of others, how they ended. */
function adviceOn(entry: EntryJson): ReactNode {
  const { ending, askedModel } = entry
  switch (ending) {
    case 'model_not_found':
      return (
        <>
          There is no model <code>{askedModel ?? 'of that name'}</code> for this key and SDK. Take a name from{' '}
          <a href="/docs/models">models and prices</a> exactly as it stands there.
        </>
      )
    case 'insufficient_credit':
    case 'credit_held':
      return 'The credit does not cover it. Whoever runs this gateway can add some; a test key spends test credit.'
    case 'budget_exceeded':
    case 'budget_held':
      return 'The budget of the key does not cover it. Make another key above, or raise its budget under Keys.'
    case 'no_provider':
      return 'Nothing serves this model in this mode yet. Ask whoever runs this gateway, or call in test mode.'
    default:
      return endingWords(entry).rule
  }
}

type ReceiptLinkProps = { readonly of: EntryJson; readonly children: ReactNode }

function ReceiptLink({ of, children }: ReceiptLinkProps) {
  const { organization, mode } = useOrganization()
  return (
    <Anchor
      size="sm"
      underline="always"
      renderRoot={(props) => (
        <Link
          {...props}
          to={`/dashboard/${organization.id}/requests` as never}
          search={{ mode, request: of.id } as never}
        />
      )}
    >
      {children}
    </Anchor>
  )
}

type SucceededProps = { readonly entry: EntryJson; readonly onClose: () => void }

/** The end of the way: what it cost, its receipt, and where to go on. */
export function Succeeded({ entry, onClose }: SucceededProps) {
  const { organization, mode } = useOrganization()
  const { id, model, endpoint, chargeNano, latencyMs, key } = entry
  return (
    <Card component="section" aria-label="Your first call" aria-live="polite">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Title order={2} mb={4}>
          It works: your call arrived
        </Title>
        <CloseButton onClick={onClose} aria-label="Close" />
      </Group>
      <Text>
        <strong>{model ?? endpoint}</strong>, with the key {key.name ?? key.id}, was answered in{' '}
        <Duration ms={latencyMs} />. {entry.state === 'reserved' ? 'So far charged' : 'Charged'}{' '}
        <strong>
          <Money nano={chargeNano} isWhole />
        </strong>{' '}
        of {mode} credit.
      </Text>
      <Group mt="md" gap="sm">
        <Button
          leftSection={<IconReceipt size={16} aria-hidden />}
          renderRoot={(props) => (
            <Link
              {...props}
              to={`/dashboard/${organization.id}/requests` as never}
              search={{ mode, request: id } as never}
            />
          )}
        >
          See its receipt
        </Button>
        <Button variant="default" component="a" href="/docs">
          What else there is to call
        </Button>
      </Group>
    </Card>
  )
}
