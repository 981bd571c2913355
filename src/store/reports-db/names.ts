/**
 * Names and books by number, so that rows are small and compared by integers. Both are few: keys in use, models of the
 * catalog, deployments. They are kept in memory, and read again after a transaction that failed.
 */
import type { Database } from 'bun:sqlite'
import type { Mode } from '../store.ts'

export type Book = { readonly organizationId: string; readonly mode: Mode }

export type Names = ReturnType<typeof prepareNames>

/** Prepares the names of a connection; its writes are in the caller's transaction. */
export function prepareNames(db: Database) {
  const allNames = db.prepare<{ id: bigint; text: string }, []>('select id, text from name')
  const allBooks = db.prepare<{ id: bigint; organization_id: string; mode: Mode }, []>('select * from book')
  const insertName = db.prepare<unknown, [number, string]>('insert into name (id, text) values (?, ?)')
  const insertBook = db.prepare<unknown, [number, string, Mode]>(
    'insert into book (id, organization_id, mode) values (?, ?, ?)',
  )
  const idByText = new Map<string, number>()
  const textById: string[] = []
  const bookByOwner = new Map<string, number>()
  const bookById: Book[] = []

  const noteName = (id: number, text: string): void => {
    idByText.set(text, id)
    textById[id] = text
  }
  const noteBook = (id: number, book: Book): void => {
    bookByOwner.set(ownerOf(book), id)
    bookById[id] = book
  }
  function load(): void {
    idByText.clear()
    bookByOwner.clear()
    textById.length = 0
    bookById.length = 0
    for (const { id, text } of allNames.all()) noteName(Number(id), text)
    for (const { id, organization_id: organizationId, mode } of allBooks.all())
      noteBook(Number(id), { organizationId, mode })
  }
  load()

  return {
    /** Reads them again: what was added since may never have been written. */
    load,
    /** Number of a name, which is added where it is new. */
    idOf(text: string): number {
      const known = idByText.get(text)
      if (known !== undefined) return known
      const id = textById.length
      insertName.run(id, text)
      noteName(id, text)
      return id
    },
    /** null where no row has the name. */
    knownId: (text: string): number | null => idByText.get(text) ?? null,
    textOf: (id: number): string => textById[id]!,
    /** Numbers of all names that are so. */
    idsWhere: (isWanted: (text: string) => boolean): number[] =>
      [...idByText].filter(([text]) => isWanted(text)).map(([, id]) => id),
    /** Number of a book, which is added where it is new. */
    bookOf(book: Book): number {
      const known = bookByOwner.get(ownerOf(book))
      if (known !== undefined) return known
      const id = bookById.length
      insertBook.run(id, book.organizationId, book.mode)
      noteBook(id, { organizationId: book.organizationId, mode: book.mode })
      return id
    },
    knownBook: (book: Book): number | null => bookByOwner.get(ownerOf(book)) ?? null,
    booksOf: (mode: Mode): number[] => bookById.flatMap((book, id) => (book.mode === mode ? [id] : [])),
    book: (id: number): Book => bookById[id]!,
  }
}

const ownerOf = ({ organizationId, mode }: Book): string => `${mode} ${organizationId}`
