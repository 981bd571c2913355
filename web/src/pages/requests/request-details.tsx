import { Anchor, Badge, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { EntryJson, RequestDetailsJson } from '../../../../src/control/contract-pages.ts'
import { useOrganization } from '../../shell/organization.ts'
import { Code } from '../../ui/code.tsx'
import { Copy } from '../../ui/copy.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Count, Duration, When } from '../../ui/figures.tsx'
import { Money } from '../../ui/money.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { Attempts } from './attempts.tsx'
import { endingWords, flagWords } from './endings.ts'
import { Lines } from './lines.tsx'
import { Outcome } from './request-columns.tsx'
import { requestQuery } from './requests-queries.ts'
import { callAgain } from './again.ts'

/** One request: its receipt, how its money moved, and how it went. */
export function RequestDetails({ id }: { readonly id: string }) {
  const { organization, mode } = useOrganization()
  const { data, error, refetch } = useQuery(requestQuery(organization.id, mode, id))
  if (error) return <Trouble error={error} title="This request could not be read" onRetry={() => void refetch()} />
  if (!data) return <Skeleton height={520} />
  const { request, receipt } = data
  const { rule } = endingWords(request)
  return (
    <Stack gap="lg">
      <div>
        <Group justify="space-between" align="flex-start" wrap="nowrap" mb="xs">
          <div>
            <Title order={3}>{request.model ?? request.askedModel ?? request.endpoint}</Title>
            <Text size="sm" c="dimmed">
              {request.endpoint} · <When at={request.at} precision="second" />
            </Text>
          </div>
          <Text size="xl" fw={650}>
            <Money nano={request.chargeNano} copies />
          </Text>
        </Group>
        <Outcome entry={request} />
        <Text size="sm" mt="xs">
          {rule}
        </Text>
      </div>
      {receipt && <Lines receipt={receipt} />}
      {data.money && <Movements money={data.money} />}
      {request.flags.length > 0 && <Flags flags={request.flags} />}
      {receipt && receipt.attempts.length > 0 && <Attempts receipt={receipt} />}
      <About request={request} receipt={receipt} />
      {receipt && <VendorUsage usage={receipt.vendorUsage} />}
      <section aria-label="Again">
        <Text size="sm" fw={600} mb={6}>
          Again
        </Text>
        <Code code={callAgain(request, location.origin)} language="bash" label="The call, as curl" />
      </section>
    </Stack>
  )
}

/** Hold → captured + released, which add up. */
const Movements = ({ money }: { readonly money: NonNullable<RequestDetailsJson['money']> }) => (
  <Facts
    label="How its money moved"
    facts={[
      [
        'Held before it was sent: the most that it could cost',
        <Money key="held" nano={money.heldNano} copies isWhole />,
      ],
      ['Captured', <Money key="captured" nano={money.capturedNano} copies isWhole />],
      ['Released', <Money key="released" nano={money.releasedNano} copies isWhole />],
      ...(money.openNano === '0'
        ? []
        : [['Set aside still', <Money key="open" nano={money.openNano} isWhole />] as const]),
    ]}
  />
)

const Flags = ({ flags }: { readonly flags: readonly string[] }) => (
  <Stack gap="xs" component="section" aria-label="Flags">
    {flags.map((flag) => (
      <Group key={flag} gap="xs" wrap="nowrap" align="flex-start">
        <Badge color="amber" style={{ flex: 'none' }}>
          {flag}
        </Badge>
        <Text size="sm">{flagWords[flag] ?? 'See the reference for what this flag means.'}</Text>
      </Group>
    ))}
  </Stack>
)

/** Leads to the key, also to one that works no more. */
const KeyOf = ({ of }: { readonly of: EntryJson['key'] }) => {
  const { organization, mode, may } = useOrganization()
  const words = of.name ?? of.id
  if (!may('keys.read')) return words
  return (
    <Anchor
      size="sm"
      renderRoot={(props) => (
        <Link
          to="/dashboard/$organization/keys"
          params={{ organization: organization.id }}
          search={{ mode, key: of.id } as never}
          {...props}
        />
      )}
    >
      {words}
    </Anchor>
  )
}

type AboutProps = { readonly request: EntryJson; readonly receipt: RequestDetailsJson['receipt'] }

const About = ({ request, receipt }: AboutProps) => (
  <Facts
    label="About it"
    facts={[
      ['Request', <Id key="id" text={request.id} />],
      ['Key', <KeyOf key="key" of={request.key} />],
      ['Region', request.region?.toUpperCase() ?? '–'],
      ['Tokens', <Tokens key="tokens" request={request} />],
      ...(request.images > 0 ? [['Images', <Count key="i" value={request.images} />] as const] : []),
      ...(request.videoSeconds > 0
        ? [['Seconds of video', <Count key="s" value={request.videoSeconds} />] as const]
        : []),
      ['Took', <Duration key="took" ms={request.latencyMs} />],
      ['To the first byte', <Duration key="first" ms={request.firstByteMs} />],
      ['Streamed', request.streamed ? 'yes' : 'no'],
      ...(receipt === null
        ? []
        : ([
            ['Served by model', receipt.servedModel ?? request.model ?? '–'],
            ['Service tier', receipt.serviceTier],
            ['Prices of', receipt.priceFrom],
            ['Usage', request.flags.includes('estimated') ? 'estimated by us' : 'as its provider counted'],
          ] as const)),
    ]}
  />
)

const Tokens = ({ request }: { readonly request: EntryJson }) => (
  <span>
    <Count value={request.inputTokens} /> in, <Count value={request.cachedInputTokens} /> cached,{' '}
    <Count value={request.outputTokens} /> out, <Count value={request.reasoningTokens} /> reasoning
  </span>
)

const Id = ({ text }: { readonly text: string }) => (
  <Group gap={4} wrap="nowrap" justify="flex-end">
    <code>{text}</code>
    <Copy text={text} label="Copy the request id" />
  </Group>
)

const VendorUsage = ({ usage }: { readonly usage: unknown }) =>
  usage === null ? null : (
    <section aria-label="What its provider counted">
      <Text size="sm" fw={600} mb={6}>
        What its provider counted
      </Text>
      <Code code={JSON.stringify(usage, null, 2)} language="json" label="What its provider counted" />
    </section>
  )
