import { Badge, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { EntryJson, HomeJson, RequestListJson } from '../../../../src/control/contract-pages.ts'
import { ask } from '../../api/client.ts'
import { organizationKey } from '../../api/queries.ts'
import type { Mode } from '../../shell/mode.ts'
import { useOrganization } from '../../shell/organization.ts'
import { When } from '../../ui/figures.tsx'
import { Money } from '../../ui/money.tsx'
import { requestsPath } from '../requests/requests-queries.ts'
import classes from './newest.module.css'
import type { Live } from './use-live.ts'

type NewestProps = { readonly live: Live }

/** Requests as they end, the newest first. */
export function NewestRequests({ live }: NewestProps) {
  const { organization, mode } = useOrganization()
  const { data } = useQuery(newestQuery(organization.id, mode))
  const entries = merged(live.newest, data?.data ?? [])
  return (
    <EntryCard title="Newest requests" search={{}}>
      {data === undefined ? <Waiting /> : <Entries entries={entries} none="None yet." />}
    </EntryCard>
  )
}

const shownMax = 10

/** What came while somebody watches, and before that what there was. */
function merged(newest: readonly EntryJson[], before: readonly EntryJson[]): readonly EntryJson[] {
  const known = new Set(newest.map(({ id }) => id))
  return [...newest, ...before.filter(({ id }) => !known.has(id))].slice(0, shownMax)
}

const newestQuery = (organization: string, mode: Mode) =>
  queryOptions({
    queryKey: organizationKey(organization, mode, 'newest'),
    queryFn: ({ signal }) =>
      ask<RequestListJson>(requestsPath(organization), { query: { mode, limit: String(shownMax) }, signal }),
  })

/** What failed or was turned away within the last week. */
export const LastErrors = ({ home }: { readonly home: HomeJson }) => (
  <EntryCard title="Last errors" search={{ outcome: 'error' }}>
    <Entries entries={home.lastErrors} none="None in the last seven days." />
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
          {isError && (
            <Text span inherit c="red" fw={550} hiddenFrom="sm">
              {ending} ·{' '}
            </Text>
          )}
          {endpoint} · {entry.key.name ?? entry.key.id}
        </Text>
      </Stack>
      <Group gap="sm" wrap="nowrap">
        {isError && (
          <Badge color="red" visibleFrom="sm">
            {ending}
          </Badge>
        )}
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
