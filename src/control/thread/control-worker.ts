/** The control thread: opens what it owns in the data folder, and answers the pages. */
import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../lib/assert.ts'
import { systemClock as clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/describe-error.ts'
import type { LogEvent } from '../../lib/log-text.ts'
import type { Log } from '../../lib/log.ts'
import { createReports } from '../../reporting/reports.ts'
import { openReportsDb } from '../../store/reports-db/open-reports-db.ts'
import { endPassesBy } from '../pages/ask-admin.ts'
import { pagesApi } from '../pages/pages-api.ts'
import { createPeople } from '../people/people.ts'
import { openPeopleStore, peoplePath } from '../../store/people/people-store.ts'
import { askMain } from './ask-main.ts'
import { inBatches } from './in-batches.ts'
import type { ControlSettings, ToControl, ToMain } from './messages.ts'
import { serveRequests } from './serve-requests.ts'

assert(parentPort, 'control-worker.ts runs only as a worker')
// Where both want a core, the data plane has it first. On Linux 0 is the thread that asks, elsewhere its process.
if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL)
const port = inBatches<ToMain, ToControl>(parentPort)
const { dataDir, publicUrl, people: settings, secret } = workerData as ControlSettings

/** Errors are described here: what they are made of need not pass between threads. */
const say =
  (level: 'info' | 'error') =>
  (event: LogEvent): void => {
    const plain = Object.entries(event).map(([name, value]) => [
      name,
      value instanceof Error ? describeError(value) : value,
    ])
    port.postMessage({ kind: 'log', level, event: Object.fromEntries(plain) as LogEvent })
  }
const log: Log = { info: say('info'), error: say('error') }

const main = askMain(port)
const reports = createReports({
  db: openReportsDb({ dataDir, onAnew: (reason) => log.info({ event: 'reports-made-anew', reason }) }),
  clock,
  ship: main.ship,
  rejections: main.rejections,
  onTrouble: (error) => log.error({ event: 'reports-behind', error }),
})
const store = openPeopleStore(peoplePath(dataDir), clock.now())
const people = createPeople({ store, settings, secret, publicUrl, clock, log, endPasses: endPassesBy(main.admin) })
const handle = pagesApi({ ...main, people, reports, publicUrl, clock, log })
serveRequests(port, handle, (error) => log.error({ event: 'pages-failed', error }))
port.postMessage({ kind: 'ready' })
