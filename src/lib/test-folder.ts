import { afterAll } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An empty folder in the temp folder, which is gone once whoever asked for it is over: a test, or a file of tests. */
export function testFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `mart-${name}-`))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
