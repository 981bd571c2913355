/** `npm run check`: format, lint, types, dead code and generated files. All are run, so that one failure does not hide the next. */
import { spawnSync } from 'node:child_process'
import { installed, installWhatIsMissing, root } from './toolchain.mjs'

const checks = [
  { name: 'format', program: 'oxfmt', args: ['--check'] },
  { name: 'lint', program: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'types', program: 'tsc', args: ['--noEmit'] },
  { name: 'types of the web app', program: 'tsc', args: ['--noEmit', '--project', 'web'] },
  { name: 'dead code', program: 'knip', args: [] },
  { name: 'generated files', program: 'bun', args: ['scripts/generate.mjs', '--check'] },
]

installWhatIsMissing()
const failed = checks.filter(({ name, program, args }) => {
  const startedMs = performance.now()
  const { status } = spawnSync(installed(program), args, { cwd: root, stdio: 'inherit' })
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  console.log(`${status === 0 ? '✓' : '✗'} ${name} (${seconds} s)`)
  return status !== 0
})
if (failed.length > 0) {
  console.log(`check failed: ${failed.map(({ name }) => name).join(', ')}. \`npm run format\` repairs the format.`)
  process.exit(1)
}
