/**
 * Items whose ids are not sent. An upstream looks some up by their ids, at an account that many organizations share; so
 * an id goes there only where this organization was given it. The item itself stays: it brings its text, or is encrypted.
 */
import type { Resource } from '../../../../store/resources.ts'
import type { Creation } from './creation.ts'
import { encryptedId } from './encrypted.ts'
import { isSaid, textOf, type Fields } from './items.ts'

/** Whether an input has items that bring themselves and an id beside it. */
export const mayBeNameless = (items: readonly Fields[]): boolean =>
  items.some((item) => isSaid(item['id']) && (item['type'] === 'reasoning' || encryptedIn(item) !== ''))

/** The same request, once it is known what of what it names is its organization's. */
export function withKnown(creation: Creation, known: readonly Resource[]): Creation {
  const items = new Map(known.filter(({ kind }) => kind === 'response.item').map((item) => [item.id, item]))
  const isOwn = (item: Fields): boolean => {
    const id = textOf(item['id'])
    const encrypted = encryptedIn(item)
    return encrypted === '' ? items.has(id) : items.get(encryptedId(encrypted))?.parent === id
  }
  return {
    ...creation,
    references: creation.references.filter(({ ifUnknown, id }) => ifUnknown !== 'cut-out' || items.has(id)),
    nameless: [...creation.items.entries()].flatMap(([at, item]) =>
      mayBeNameless([item]) && !isOwn(item) ? [at] : [],
    ),
  }
}

const encryptedIn = (item: Fields): string => textOf(item['encrypted_content'])
