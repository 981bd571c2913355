import { queryClient } from '../../api/queries.ts'
import type { Command, CommandContext } from '../../shell/area.ts'
import { organizationsQuery } from './organizations-query.ts'

/** Organizations whose name or id has the text, as operators see them. */
export async function findOrganizations(text: string, { go }: CommandContext): Promise<readonly Command[]> {
  const { data } = await queryClient.ensureQueryData(organizationsQuery)
  const wanted = text.toLowerCase()
  return data
    .filter(({ name, id }) => [name, id].some((each) => each.toLowerCase().includes(wanted)))
    .map(({ id, name }) => ({
      id,
      title: name,
      about: id,
      group: 'Organizations',
      run: () => go(`/operator/organizations?organization=${encodeURIComponent(id)}`),
    }))
}
