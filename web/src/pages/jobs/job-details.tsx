import { Badge, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { IconDownload, IconReceipt } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import type { PageJobJson } from '../../../../src/control/contract-pages.ts'
import { callWithKey } from '../../api/keyed-call.ts'
import { organizationKey } from '../../api/queries.ts'
import { saveAs } from '../../api/save.ts'
import { useOrganization } from '../../shell/organization.ts'
import { Copy } from '../../ui/copy.tsx'
import { Facts } from '../../ui/facts.tsx'
import { When } from '../../ui/figures.tsx'
import { Money } from '../../ui/money.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { wordsOf } from './job-state.ts'

/** One job: how far it is, what it makes, and what becomes of its money. */
export function JobDetails({ job }: { readonly job: PageJobJson }) {
  const { organization, mode, may } = useOrganization()
  const { title, color, why } = wordsOf(job)
  const isShown = job.kind === 'video' && job.state === 'settled' && job.isThere
  return (
    <Stack gap="lg">
      {isShown && may('keys.write') && <Preview job={job} organization={organization.id} />}
      <div>
        <Badge color={color} mb={6}>
          {title}
        </Badge>
        <Text>{why}</Text>
      </div>
      <Facts
        label="Money"
        facts={[
          ['Set aside when it was created', <Money key="held" nano={job.heldNano} copies />],
          ['Set aside now', <Money key="reserved" nano={job.reservedNano} copies />],
          ['Charged', <Money key="charge" nano={job.chargeNano} copies />],
        ]}
      />
      <Facts
        label="What it is"
        facts={[
          ['Id', <Id key="id" text={job.resourceId} />],
          ['Model', job.model],
          ['Endpoint', job.endpoint],
          ['Region', job.region.toUpperCase()],
          ...(job.size === null ? [] : [['Size', job.size] as const]),
          ...(job.seconds === null ? [] : [['Seconds', job.seconds] as const]),
        ]}
      />
      <Facts
        label="How it went"
        facts={[
          ['Created', <When key="created" at={job.createdAt} precision="second" />],
          ['Ended', <When key="ended" at={job.endedAt} precision="second" never="not yet" />],
          ['Its provider was asked', job.checks === 1 ? 'once' : `${job.checks} times`],
          ...(job.nextCheckAt === null
            ? []
            : [['Asked again', <When key="next" at={job.nextCheckAt} isAgo />] as const]),
          ...(job.state === 'open' ? [['Given up', <When key="expires" at={job.expiresAt} />] as const] : []),
        ]}
      />
      {may('requests.read') && (
        <Group>
          <Button
            component="a"
            variant="default"
            leftSection={<IconReceipt size={16} aria-hidden />}
            href={`/dashboard/${organization.id}/requests?mode=${mode}&request=${job.requestId}`}
          >
            Its receipt
          </Button>
        </Group>
      )}
    </Stack>
  )
}

const Id = ({ text }: { readonly text: string }) => (
  <Group gap={4} wrap="nowrap">
    <code>{text}</code>
    <Copy text={text} label="Copy the id" />
  </Group>
)

type PreviewProps = { readonly job: PageJobJson; readonly organization: string }

/** The video itself, played from memory. */
function Preview({ job, organization }: PreviewProps) {
  const { data, error, refetch } = useQuery({
    queryKey: organizationKey(organization, job.mode, 'video', job.resourceId),
    staleTime: Infinity,
    gcTime: 60_000,
    queryFn: async ({ signal }) => {
      const path = `/v1/videos/${encodeURIComponent(job.resourceId)}/content` as const
      const key = { organization, keyId: job.keyId }
      return (await callWithKey({ dialect: 'openai', key, path, method: 'GET', signal })).blob()
    },
  })
  const url = useUrlOf(data)
  const { mutate: save } = useMutation({ mutationFn: async () => data && saveAs(data, `${job.resourceId}.mp4`) })
  if (error) return <Trouble error={error} title="The video could not be fetched" onRetry={() => void refetch()} />
  if (url === null) return <Skeleton height={260} radius="lg" />
  return (
    <Stack gap="xs">
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- nobody knows what a model says in it */}
      <video
        src={url}
        controls
        loop
        style={{ width: '100%', maxHeight: 420, borderRadius: 12, background: '#000' }}
        aria-label={`The video ${job.resourceId}`}
      />
      <Group justify="flex-end">
        <Button variant="default" size="xs" leftSection={<IconDownload size={15} aria-hidden />} onClick={() => save()}>
          Download
        </Button>
      </Group>
    </Stack>
  )
}

/** A URL of bytes in memory, for as long as they are shown. */
function useUrlOf(bytes: Blob | undefined): string | null {
  const url = useMemo(() => (bytes ? URL.createObjectURL(bytes) : null), [bytes])
  useEffect(() => {
    if (url === null) return
    return () => URL.revokeObjectURL(url)
  }, [url])
  return url
}
