/** What the API reference has, by what its own search looks through. */
import { queryOptions } from '@tanstack/react-query'

export type ReferenceSection = {
  readonly url: string
  readonly page: string
  readonly title: string
  readonly text: string
  /** The model that it is of alone. */
  readonly model?: string
}

export const referenceQuery = queryOptions({
  queryKey: ['reference'],
  staleTime: 5 * 60_000,
  queryFn: async ({ signal }) => (await (await fetch('/docs/search.json', { signal })).json()) as ReferenceSection[],
})
