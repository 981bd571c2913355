import { useQuery } from '@tanstack/react-query'
import { useOrganization } from '../../shell/organization.ts'
import { Filters, lastOfEach, type FilterField } from '../../ui/filters.tsx'
import { keyOptionsQuery, keysQuery } from '../keys/keys-query.ts'
import type { Narrow } from './usage-page.tsx'
import type { UsageSearch } from './usage-search.ts'

type UsageFiltersProps = { readonly search: UsageSearch; readonly narrow: Narrow }

export function UsageFilters({ search, narrow }: UsageFiltersProps) {
  const { organization, mode, may } = useOrganization()
  const isAllowed = may('keys.read')
  const { data: options } = useQuery({ ...keyOptionsQuery(organization.id), enabled: isAllowed })
  const { data: keys } = useQuery({ ...keysQuery(organization.id, mode), enabled: isAllowed, refetchInterval: false })
  if (!isAllowed) return null
  const plain = (values: readonly string[] = []) => values.map((value) => ({ value, label: value }))
  const fields: readonly FilterField[] = [
    { name: 'model', label: 'Model', kind: 'choice', options: plain(options?.models.map(({ id }) => id)) },
    {
      name: 'key',
      label: 'Key',
      kind: 'choice',
      options: keys?.data.map(({ id, name, prefix }) => ({ value: id, label: name === '' ? prefix : name })) ?? [],
    },
    { name: 'endpoint', label: 'Endpoint', kind: 'choice', options: plain(options?.endpoints) },
    { name: 'region', label: 'Region', kind: 'choice', options: plain(options?.regions) },
  ]
  return <Filters fields={fields} search={search} onChange={(changed) => narrow(lastOfEach(changed))} />
}
