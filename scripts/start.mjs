/**
 * `npm start`: installs what is missing, builds the web app where it changed, then is the server. package.json starts it by `exec`: a shell that
 * stayed in between would keep SIGTERM to itself, and npm would end before the server has drained.
 */
import { bun, installWhatIsMissing, root, runInPlace } from './toolchain.mjs'
import { buildWebIfChanged } from './web.mjs'

installWhatIsMissing({ toServe: true })
buildWebIfChanged()
runInPlace(bun, ['src/main.ts', ...process.argv.slice(2)], { cwd: root })
