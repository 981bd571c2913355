import { Button } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useOrganization } from '../../shell/organization.ts'
import { Filters, lastOfEach, type FilterField } from '../../ui/filters.tsx'
import { ownZone, shownTime } from '../../ui/format.ts'
import { keyOptionsQuery, keysQuery } from '../keys/keys-query.ts'
import { endingOptions, flagOptions } from './endings.ts'
import type { Narrow } from './requests-page.tsx'
import type { RequestsSearch } from './requests-search.ts'

type RequestFiltersProps = { readonly search: RequestsSearch; readonly narrow: Narrow }

export function RequestFilters({ search, narrow }: RequestFiltersProps) {
  const fields = useFields()
  const { since, until, zone = ownZone() } = search
  return (
    <>
      <Filters fields={fields} search={search} onChange={(changed) => narrow(lastOfEach(changed))} />
      {since !== undefined && until !== undefined && (
        <Button
          variant="light"
          size="compact-sm"
          rightSection={<IconX size={13} aria-hidden />}
          onClick={() => narrow({ since: undefined, until: undefined })}
          aria-label="Clear the part of the histogram"
        >
          {shownTime(since, 'minute', { zone })} – {shownTime(until, 'minute', { zone })}
        </Button>
      )}
    </>
  )
}

function useFields(): readonly FilterField[] {
  const { organization, mode, may } = useOrganization()
  const isAllowed = may('keys.read')
  const { data: options } = useQuery({ ...keyOptionsQuery(organization.id), enabled: isAllowed })
  const { data: keys } = useQuery({ ...keysQuery(organization.id, mode), enabled: isAllowed, refetchInterval: false })
  const plain = (values: readonly string[] = []) => values.map((value) => ({ value, label: value }))
  return [
    {
      name: 'outcome',
      label: 'Outcome',
      kind: 'choice',
      options: [
        { value: 'ok', label: 'Served' },
        { value: 'error', label: 'Failed or turned away' },
      ],
    },
    { name: 'model', label: 'Model', kind: 'choice', options: plain(options?.models.map(({ id }) => id)) },
    {
      name: 'key',
      label: 'Key',
      kind: 'choice',
      options: keys?.data.map(({ id, name, prefix }) => ({ value: id, label: name === '' ? prefix : name })) ?? [],
    },
    { name: 'endpoint', label: 'Endpoint', kind: 'choice', options: plain(options?.endpoints) },
    { name: 'status', label: 'HTTP status', kind: 'text' },
    { name: 'ending', label: 'Ending', kind: 'choice', options: endingOptions },
    { name: 'flag', label: 'Flag', kind: 'choice', options: flagOptions },
    { name: 'cost', label: 'Cost', kind: 'range', unit: 'USD' },
    { name: 'latency', label: 'Took', kind: 'range', unit: 'ms' },
    { name: 'region', label: 'Region', kind: 'choice', options: plain(options?.regions) },
    {
      name: 'streamed',
      label: 'Streamed',
      kind: 'choice',
      options: [
        { value: 'true', label: 'Streamed' },
        { value: 'false', label: 'In one piece' },
      ],
    },
  ]
}
