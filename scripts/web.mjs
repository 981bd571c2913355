/**
 * The web app is built when what it is made of has changed, which a hash of it tells. Plain Node without a dependency,
 * because `npm start` asks it on a clone; the build itself is Bun's (build-web.mjs).
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bun, note, root } from './toolchain.mjs'

export const distFolder = join(root, 'web', 'dist')

/** Builds web/dist unless it is of these sources. Gives whether it is now; that it is not is said, and stops nobody: the gateway serves without its pages. */
export function buildWebIfChanged() {
  const stamp = stampOfSources()
  if (builtStamp() === stamp) return true
  const { status, stderr } = spawnSync(bun, [join(root, 'scripts', 'build-web.mjs'), stamp], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (status === 0) return true
  note(`the web app could not be built, so its pages are not served: ${stderr.trim()}`)
  return false
}

const sources = () => [
  'package-lock.json',
  'scripts/build-web.mjs',
  ...readdirSync(join(root, 'web', 'src'), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
    .toSorted(),
]

function stampOfSources() {
  const all = createHash('sha256')
  for (const path of sources()) {
    const content = createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('hex')
    all.update(`${path} ${content}\n`)
  }
  return all.digest('hex')
}

function builtStamp() {
  try {
    return JSON.parse(readFileSync(join(distFolder, 'manifest.json'), 'utf8')).stamp
  } catch {
    return null
  }
}
