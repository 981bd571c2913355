import { queryClient } from '../../api/queries.ts'
import type { Command, CommandContext } from '../../shell/area.ts'
import { keysQuery } from './keys-query.ts'

const foundMax = 5

/** Keys whose name or first characters have the text. */
export async function findKeys(
  text: string,
  { organization, mode, go }: CommandContext,
  signal: AbortSignal,
): Promise<readonly Command[]> {
  if (organization === null || signal.aborted) return []
  const { data } = await queryClient.ensureQueryData(keysQuery(organization, mode))
  const wanted = text.toLowerCase()
  return data
    .filter(({ name, prefix, id }) => [name, prefix, id].some((each) => each.toLowerCase().includes(wanted)))
    .slice(0, foundMax)
    .map(({ id, name, prefix }) => ({
      id,
      title: name === '' ? prefix : name,
      about: `${prefix}…`,
      group: 'Keys',
      run: () => go(`/dashboard/${organization}/keys?mode=${mode}&key=${id}`),
    }))
}
