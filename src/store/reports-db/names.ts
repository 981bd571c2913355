/**
 * Names and books by number, so that rows are small and compared by integers. Both are few: keys in use, models of the
 * catalog, deployments. They are kept in memory, and read again after a transaction that failed.
 */
import type { Database } from 'bun:sqlite'
import type { Mode } from '../store.ts'
import type { Entry } from './entry.ts'

export type Book = { readonly organizationId: string; readonly mode: Mode }

/** An entry's names, as numbers. */
export type EntryIds = Readonly<
  Record<'book' | 'key' | 'model' | 'endpoint' | 'region' | 'upstream' | 'ending' | 'flags', number>
>

export type Names = ReturnType<typeof prepareNames>

/** Prepares the names of a connection; its writes are in the caller's transaction. */
export function prepareNames(db: Database) {
  const texts = prepareTexts(db)
  const books = prepareBooks(db)
  return {
    /** Reads them again: what was added since may never have been written. */
    load(): void {
      texts.load()
      books.load()
    },
    /** An entry's names by their numbers; those that are new are added. */
    idsOf: (entry: Entry): EntryIds => ({
      book: books.idOf(entry),
      key: texts.idOf(entry.key),
      model: texts.idOf(entry.model),
      endpoint: texts.idOf(entry.endpoint),
      region: texts.idOf(entry.region),
      upstream: texts.idOf(entry.upstream),
      ending: texts.idOf(entry.ending),
      flags: texts.idOf(entry.flags.length === 0 ? '' : entry.flags.join(' ')),
    }),
    /** null where no row has the name. */
    knownId: texts.knownId,
    textOf: texts.textOf,
    /** Numbers of all names that are so. */
    idsWhere: texts.idsWhere,
    /** Number of a book, which is added where it is new. */
    bookOf: books.idOf,
    knownBook: books.knownId,
    book: books.book,
  }
}

function prepareTexts(db: Database) {
  const all = db.prepare<{ id: bigint; text: string }, []>('select id, text from name')
  const insert = db.prepare<unknown, [number, string]>('insert into name (id, text) values (?, ?)')
  const idByText = new Map<string, number>()
  const textById: string[] = []
  const note = (id: number, text: string): void => {
    idByText.set(text, id)
    textById[id] = text
  }
  function load(): void {
    idByText.clear()
    textById.length = 0
    for (const { id, text } of all.all()) note(Number(id), text)
  }
  load()
  return {
    load,
    idOf(text: string): number {
      const known = idByText.get(text)
      if (known !== undefined) return known
      const id = textById.length
      insert.run(id, text)
      note(id, text)
      return id
    },
    knownId: (text: string): number | null => idByText.get(text) ?? null,
    textOf: (id: number): string => textById[id]!,
    idsWhere: (isWanted: (text: string) => boolean): number[] =>
      [...idByText].filter(([text]) => isWanted(text)).map(([, id]) => id),
  }
}

function prepareBooks(db: Database) {
  const all = db.prepare<{ id: bigint; organization_id: string; mode: Mode }, []>('select * from book')
  const insert = db.prepare<unknown, [number, string, Mode]>(
    'insert into book (id, organization_id, mode) values (?, ?, ?)',
  )
  const idByOwner = new Map<string, number>()
  const bookById: Book[] = []
  const note = (id: number, { organizationId, mode }: Book): void => {
    idByOwner.set(ownerOf({ organizationId, mode }), id)
    bookById[id] = { organizationId, mode }
  }
  function load(): void {
    idByOwner.clear()
    bookById.length = 0
    for (const { id, organization_id: organizationId, mode } of all.all()) note(Number(id), { organizationId, mode })
  }
  load()
  return {
    load,
    idOf(book: Book): number {
      const known = idByOwner.get(ownerOf(book))
      if (known !== undefined) return known
      const id = bookById.length
      insert.run(id, book.organizationId, book.mode)
      note(id, book)
      return id
    },
    knownId: (book: Book): number | null => idByOwner.get(ownerOf(book)) ?? null,
    book: (id: number): Book => bookById[id]!,
  }
}

const ownerOf = ({ organizationId, mode }: Book): string => `${mode} ${organizationId}`
