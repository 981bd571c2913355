import { Badge, Text } from '@mantine/core'
import type { PageServiceRequestJson } from '../../../../src/control/contract-pages.ts'
import { Facts } from '../../ui/facts.tsx'
import { When } from '../../ui/figures.tsx'
import { askedFacts, stateWords } from '../../ui/service-request.ts'

/** By its name; the id is for whoever must tell two of one name apart. */
const KeyOf = ({ of }: { readonly of: PageServiceRequestJson }) => (
  <>
    {of.keyName}{' '}
    <Text span size="xs" c="dimmed" ff="monospace">
      {of.keyId}
    </Text>
  </>
)

/** What was asked, and what was answered. */
export const ServiceRequestFacts = ({ of }: { readonly of: PageServiceRequestJson }) => (
  <>
    <div>
      <Badge color={stateWords[of.state].color} mb={6}>
        {stateWords[of.state].title}
      </Badge>
      {of.message !== '' && <Text style={{ whiteSpace: 'pre-wrap' }}>{of.message}</Text>}
    </div>
    <Facts
      label="What was asked"
      facts={[
        ...(of.keyId === null ? [] : [['Key', <KeyOf key="key" of={of} />] as const]),
        ...askedFacts(of),
        ['By', of.madeBy],
        ['When', <When key="made" at={of.madeAt} />],
      ]}
    />
    {of.endedAt !== null && (
      <Facts
        label="What was answered"
        facts={[
          ['By', of.answeredBy ?? '–'],
          ['When', <When key="ended" at={of.endedAt} />],
          ...(of.note === null ? [] : [['Note', of.note] as const]),
        ]}
      />
    )}
  </>
)
