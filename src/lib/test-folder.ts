import { afterAll } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An empty folder in the temp folder, which is gone once whoever asked for it is over: a test, a file of tests, or a `beforeAll`, where it is of no use. */
export function testFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `mart-${name}-`))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
