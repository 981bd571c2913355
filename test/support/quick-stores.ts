/**
 * Loaded in front of `npm test -- --unit`. A statement is prepared when it is first asked: a store prepares a hundred as
 * it opens, of which a test runs a few. And no commit waits for the disk. Elsewhere both are as they are served.
 */
import { Database, type Statement } from 'bun:sqlite'

type Ask = (this: Database, sql: string, ...more: readonly unknown[]) => unknown

const prepare = Database.prototype.prepare as Ask
const exec = Database.prototype.exec as Ask

const preparedWhenAsked: Ask = function (...asked) {
  let prepared: Statement | null = null
  return new Proxy({} as Statement, {
    get: (_, name) => {
      prepared ??= prepare.apply(this, asked) as Statement
      const value: unknown = Reflect.get(prepared, name)
      return typeof value === 'function' ? (value.bind(prepared) as unknown) : value
    },
  })
}

const synced = /pragma synchronous = \w+/

const unsynced: Ask = function (sql, ...more) {
  return exec.call(this, sql.replace(synced, 'pragma synchronous = off'), ...more)
}

Object.assign(Database.prototype, { prepare: preparedWhenAsked, exec: unsynced })
