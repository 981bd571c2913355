/** `npm run bench -- LANE`: installs what is missing, then runs the lane. */
import { bun, installWhatIsMissing, root, runInPlace } from './toolchain.mjs'

installWhatIsMissing()
runInPlace(bun, ['bench/run.ts', ...process.argv.slice(2)], { cwd: root })
