import { Badge, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { EntryJson, HomeJson } from '../../../../src/control/contract-pages.ts'
import { useOrganization } from '../../shell/organization.ts'
import { When } from '../../ui/figures.tsx'
import { Money } from '../../ui/money.tsx'
import classes from './newest.module.css'
import type { Live } from './use-live.ts'

type NewestProps = { readonly live: Live; readonly home: HomeJson | undefined }

/** Requests as they end, the newest first. */
export function NewestRequests({ live, home }: NewestProps) {
  const { newest } = live
  const entries = newest.length > 0 ? newest : home?.lastRequest ? [home.lastRequest] : []
  return (
    <EntryCard title="Newest requests" search={{}}>
      {home === undefined ? <Waiting /> : <Entries entries={entries} none="None yet." />}
    </EntryCard>
  )
}

/** What failed or was turned away within the last week. */
export const LastErrors = ({ home }: { readonly home: HomeJson | undefined }) => (
  <EntryCard title="Last errors" search={{ outcome: 'error' }}>
    {home === undefined ? <Waiting /> : <Entries entries={home.lastErrors} none="None in the last seven days." />}
  </EntryCard>
)

const Waiting = () => <Skeleton height={220} />

type EntryCardProps = {
  readonly title: string
  readonly search: Readonly<Record<string, string>>
  readonly children: React.ReactNode
}

function EntryCard({ title, search, children }: EntryCardProps) {
  const { organization, mode } = useOrganization()
  return (
    <Card component="section" aria-label={title}>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{title}</Title>
        <Link to={`/dashboard/${organization.id}/requests` as never} search={{ mode, ...search } as never}>
          All
        </Link>
      </Group>
      {children}
    </Card>
  )
}

type EntriesProps = { readonly entries: readonly EntryJson[]; readonly none: string }

const Entries = ({ entries, none }: EntriesProps) =>
  entries.length === 0 ? (
    <Text c="dimmed">{none}</Text>
  ) : (
    <ol className={classes['entries']}>
      {entries.map((entry) => (
        <li key={entry.id}>
          <EntryLine entry={entry} />
        </li>
      ))}
    </ol>
  )

function EntryLine({ entry }: { readonly entry: EntryJson }) {
  const { organization, mode } = useOrganization()
  const { id, model, askedModel, endpoint, isError, ending, chargeNano, endedAt } = entry
  return (
    <Link
      className={classes['entry'] ?? ''}
      to={`/dashboard/${organization.id}/requests` as never}
      search={{ mode, request: id } as never}
    >
      <Stack gap={0} miw={0}>
        <Text size="sm" fw={550} truncate>
          {model ?? askedModel ?? endpoint}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {endpoint} · {entry.key.name ?? entry.key.id}
        </Text>
      </Stack>
      <Group gap="sm" wrap="nowrap">
        {isError && <Badge color="red">{ending}</Badge>}
        <Stack gap={0} align="flex-end">
          <Text size="sm">
            <Money nano={chargeNano} />
          </Text>
          <Text size="xs" c="dimmed">
            <When at={endedAt} isAgo />
          </Text>
        </Stack>
      </Group>
    </Link>
  )
}
