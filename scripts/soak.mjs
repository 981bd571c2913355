/** `npm run soak -- --minutes N`: installs what is missing, then soaks. */
import { bun, installWhatIsMissing, root, runInPlace } from './toolchain.mjs'

installWhatIsMissing()
runInPlace(bun, ['test/soak/run.ts', ...process.argv.slice(2)], { cwd: root })
