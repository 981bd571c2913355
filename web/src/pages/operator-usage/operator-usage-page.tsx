import { SegmentedControl } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { UsageView, type Narrow, type UsageOf } from '../usage/usage-page.tsx'
import * as asking from '../usage/usage-search.ts'

const route = getRouteApi('/inside/operator/usage')

/** What all organizations used, what that cost at providers, and what is left of it. */
export function OperatorUsagePage() {
  const { usualMode } = route.useRouteContext()
  const { mode = usualMode, ...search } = route.useSearch()
  const navigate = route.useNavigate()
  const narrow: Narrow = (changed) => void navigate({ search: (before) => ({ ...before, ...changed }) as never })
  const of: UsageOf = {
    path: '/api/operator/usage',
    mode,
    queryKey: ['operator', 'usage'],
    views: asking.views,
    groupings: asking.groupings,
  }
  return (
    <UsageView
      of={of}
      search={search}
      narrow={narrow}
      filters={
        <SegmentedControl
          aria-label="Of which credit"
          size="sm"
          value={mode}
          onChange={(value) => void navigate({ search: (before) => ({ ...before, mode: value }) })}
          data={[
            { value: 'live', label: 'Live' },
            { value: 'test', label: 'Test' },
          ]}
        />
      }
      linkOf={() => null}
    />
  )
}
