/** The database as the sign-in library has it: through Kysely, over the one connection that also writes what is ours. */
import type { Database, SQLQueryBindings } from 'bun:sqlite'
import { SqliteDialect, type SqliteDatabase } from 'kysely'

/** Each statement is a transaction of its own: none is left open while somebody else writes. Integers come as numbers. */
export const authDialect = (db: Database): SqliteDialect => new SqliteDialect({ database: throughKysely(db) })

const throughKysely = (db: Database): SqliteDatabase => ({
  prepare(sql) {
    const statement = db.query<Record<string, unknown>, SQLQueryBindings[]>(sql)
    const bindings = (parameters: readonly unknown[]) => parameters as SQLQueryBindings[]
    const all = (parameters: readonly unknown[]) => statement.all(...bindings(parameters)).map(withNumbers)
    return {
      reader: statement.columnNames.length > 0,
      all,
      run: (parameters) => statement.run(...bindings(parameters)),
      iterate: (parameters) => all(parameters).values(),
    }
  },
  // Whoever opened it closes it.
  close: () => undefined,
})

const withNumbers = (row: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  )
