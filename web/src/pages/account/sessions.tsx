import { Badge, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { sessionsQuery } from '../../api/account-queries.ts'
import { ask } from '../../api/client.ts'
import { When } from '../../ui/figures.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { AccountSection } from './account-section.tsx'
import { browserOf } from './browser-of.ts'

export function Sessions() {
  const { data, error, refetch } = useQuery(sessionsQuery)
  const client = useQueryClient()
  const end = useMutation({
    mutationFn: (id: string | null) =>
      id === null
        ? ask('/api/account/sessions/end-others', { method: 'POST', body: {} })
        : ask(`/api/account/sessions/${id}`, { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  })
  const trouble = error ?? end.error
  return (
    <AccountSection
      title="Sessions"
      about="Where you are signed in. Each ends seven days after its sign-in."
      action={
        (data?.data.length ?? 0) > 1 && (
          <Button variant="default" loading={end.isPending} onClick={() => end.mutate(null)}>
            End all others
          </Button>
        )
      }
    >
      {trouble !== null && <Trouble error={trouble} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton height={48} />}
      <Stack gap="sm" component="ul" style={{ listStyle: 'none', padding: 0, margin: 0 }}>
        {data?.data.map(({ id, isThis, userAgent, address, createdAt }) => (
          <Group key={id} component="li" justify="space-between" gap="sm">
            <div>
              <Group gap="xs">
                <Text fw={550}>{browserOf(userAgent)}</Text>
                {isThis && <Badge color="mart">This one</Badge>}
              </Group>
              <Text size="sm" c="dimmed">
                {address ?? 'unknown address'} · signed in <When at={createdAt} isAgo />
              </Text>
            </div>
            {!isThis && (
              <Button size="xs" variant="default" onClick={() => end.mutate(id)}>
                End
              </Button>
            )}
          </Group>
        ))}
      </Stack>
    </AccountSection>
  )
}
