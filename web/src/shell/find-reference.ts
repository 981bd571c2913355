/** ⌘K over the API reference: models first, with what an organization used of them, then what its pages say. */
import { queryClient } from '../api/queries.ts'
import { referenceQuery, type ReferenceSection } from '../api/reference.ts'
import type { Command, CommandContext, CommandSource } from './area.ts'

/** Models by their ids. */
export const modelCommands: CommandSource = {
  id: 'models',
  needs: null,
  find: async (text, context) => (await found(text)).flatMap((section) => commandsOf(section, context)),
}

/** Sections of the reference by their titles. */
export const referenceCommands: CommandSource = {
  id: 'reference',
  needs: null,
  find: async (text) =>
    (await found(text))
      .filter(({ model }) => model === undefined)
      .map(({ url, title, page }) => ({ id: url, title, about: page, group: 'API reference', run: () => open(url) })),
}

const open = (url: string): void => location.assign(url)

async function found(text: string): Promise<readonly ReferenceSection[]> {
  const words = text.toLowerCase().split(/\s+/)
  const sections = await queryClient.ensureQueryData(referenceQuery)
  return sections.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)))
}

function commandsOf({ model, url }: ReferenceSection, { organization, mode, go, may }: CommandContext): Command[] {
  if (model === undefined) return []
  const price = { id: `price ${model}`, title: model, about: 'Price and limits', group: 'Models', run: () => open(url) }
  if (organization === null || !may('usage.read')) return [price]
  const usage = `/dashboard/${organization}/usage?mode=${mode}&range=30d&model=${encodeURIComponent(model)}`
  return [
    price,
    { id: `usage ${model}`, title: model, about: 'What was used of it', group: 'Models', run: () => go(usage) },
  ]
}
