/** The process that `copy-kill.test.ts` kills: copies a few requests at a time, and prints how many it has copied. */
import { assert } from '../../lib/assert.ts'
import { openReportsDb } from './open-reports-db.ts'

const dataDir = process.argv[2]
assert(dataDir, 'copy-child.ts is given a folder')
const db = openReportsDb({ dataDir })
for (let isMore = true; isMore;) {
  const copied = db.step(7)
  isMore = copied.isMore
  process.stdout.write(`${copied.entered.length}\n`)
}
db.close()
