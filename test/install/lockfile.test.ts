import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/program.ts'

type Package = {
  readonly dev?: true
  readonly engines?: { readonly node?: string }
  readonly integrity?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const text = readFileSync(join(root, 'package-lock.json'), 'utf8')
const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, Package>> }
const installed = Object.entries(packages).filter(([path]) => path !== '')

/** The package that `name` means to the one at `path`: its own copy, or that of a folder above. */
function isLocked(path: string, name: string): boolean {
  const inside = path === '' ? '' : `${path}/`
  if (packages[`${inside}node_modules/${name}`]) return true
  if (path === '') return false
  const above = path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/')))
  return isLocked(above, name)
}

describe('the lockfile', () => {
  test('holds the binaries of every platform, so that `npm ci` takes it everywhere', () => {
    const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((name) => !isLocked(path, name))
        .map((name) => `${name} of ${path}`),
    )
    expect(missing).toEqual([])
  })

  test('names no registry, and what every package must hash to', () => {
    expect(text).not.toContain('"resolved"')
    expect(text).not.toMatch(/https?:\/\/[^"]*\.tgz/)
    expect(installed.filter(([, { integrity }]) => !integrity).map(([path]) => path)).toEqual([])
  })

  test('asks for no Node newer than 20 where the gateway is served', () => {
    const tooNew = installed.filter(
      ([, { dev, engines }]) => !dev && engines?.node && !Bun.semver.satisfies('20.19.0', engines.node),
    )
    expect(tooNew.map(([path]) => path)).toEqual([])
  })
})
