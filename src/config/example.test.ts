import { expect, test } from 'bun:test'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { checkConfigFile } from '../config.ts'
import { pricesSchema } from '../money/price-book-data.ts'
import { providerKinds } from '../upstreams/deployment.ts'
import { testFolder } from '../lib/test-folder.ts'

const example = resolve(import.meta.dir, '../../mart.example.yaml')
const text = readFileSync(example, 'utf8')

/** Prose begins with `# `, a part to try with `#` and the line as it would stand. */
const everythingTried = text.replaceAll(/^#(?=\S|  )(?!$)/gm, '')

test('the example starts as it is, on nothing but the sandbox', () => {
  const { file } = checkConfigFile(example, {}, pricesSchema)
  expect(Object.values(file.providers).map(({ kind }) => kind)).toEqual(['sandbox'])
  expect(file.deployments.map(({ model, region }) => [model, region])).toEqual([
    [null, 'us'],
    [null, 'eu'],
  ])
})

test('the example with every part of it in use is accepted, and has every kind of provider', () => {
  const folder = testFolder('example')
  const names = [...everythingTried.matchAll(/\$\{([A-Z_]{2,})\}/g)].map(([, name]) => name!)
  const files = [...everythingTried.matchAll(/\{ file: ([a-z][\w./-]+) \}/g)].map(([, name]) => name!)
  mkdirSync(join(folder, 'secrets'))
  for (const name of files) writeFileSync(join(folder, name), contentOf(name))
  writeFileSync(join(folder, 'mart.yaml'), everythingTried)
  const env = Object.fromEntries(names.map((name) => [name, name.toLowerCase().replaceAll('_', '-')]))
  const { file } = checkConfigFile(join(folder, 'mart.yaml'), env, pricesSchema)
  expect([...new Set(Object.values(file.providers).map(({ kind }) => kind))].toSorted()).toEqual(
    [...providerKinds].toSorted(),
  )
  const unused = Object.keys(file.providers).filter(
    (name) => !file.deployments.some(({ provider }) => provider === name),
  )
  expect(unused).toEqual([])
  expect(file.metrics.port).toBe(9090)
})

const contentOf = (name: string): string => (name.endsWith('.json') ? '{}' : 'secret')

test('the example holds no secret and tells editors its schema', () => {
  expect(text).toStartWith('# yaml-language-server: $schema=docs/mart.schema.json\n')
  for (const line of everythingTried.split('\n').filter((each) => /apiKey|authorization|serviceAccount/.test(each)))
    expect(line).toMatch(/: (\$\{[A-Z_]+\}|\{ file: [\w./-]+ \})$/)
})
