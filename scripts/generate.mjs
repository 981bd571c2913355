/**
 * `npm run generate`: the JSON Schema and the reference page of mart.yaml, from what checks it. With
 * `--check` nothing is written: whether the committed ones are out of date is the exit code. Run by Bun.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { martJsonSchema, referencePage } from '../src/config/reference.ts'
import { pricesSchema } from '../src/money/price-book-data.ts'
import { installed, note, root } from './toolchain.mjs'

const schema = martJsonSchema(pricesSchema)
const files = [
  // `npm run format` decides how JSON is laid out, so only what it says is compared.
  {
    path: 'docs/mart.schema.json',
    text: JSON.stringify(schema, null, 2),
    same: (text) => JSON.stringify(JSON.parse(text)),
  },
  { path: 'docs/guide/mart-yaml.md', text: referencePage(schema), same: (text) => text },
]

const isCurrent = ({ path, text, same }) => {
  const file = join(root, path)
  return existsSync(file) && same(readFileSync(file, 'utf8')) === same(text)
}

const outdated = files.filter((file) => !isCurrent(file))
if (!process.argv.includes('--check')) {
  for (const { path, text } of outdated) writeFileSync(join(root, path), text)
  spawnSync(installed('oxfmt'), ['docs/mart.schema.json'], { cwd: root, stdio: 'inherit' })
} else if (outdated.length > 0) {
  note(`out of date: ${outdated.map(({ path }) => path).join(', ')}; \`npm run generate\` makes them again`)
  process.exitCode = 1
}
