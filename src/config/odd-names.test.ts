/** Names in `mart.yaml` that objects have of themselves. */
import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadCatalog } from '../catalog/catalog.ts'
import models from '../catalog/models.json'
import { testFolder } from '../lib/test-folder.ts'
import { pricesSchema } from '../money/price-book-data.ts'
import { readMartFile } from './load.ts'
import { overlaidCatalogData } from './overlay.ts'

const path = join(testFolder('names'), 'mart.yaml')
function read(text: string) {
  writeFileSync(path, text)
  return readMartFile(path, {}, pricesSchema)
}

test.each(['constructor', 'valueof', 'then'])('%s is a name like any other', (name) => {
  const file = read(`
providers: {${name}: {kind: sandbox}}
aliases: {${name}: gpt-5.4}
regions: {${name}: {serves: [us]}}
defaults: {region: ${name}}
deployments: [{model: ${name}, provider: ${name}, region: us, name: ${name}}]
`)
  expect(file.deployments).toMatchObject([{ model: 'gpt-5.4', provider: name, name }])
  expect(file.aliases[name]).toBe('gpt-5.4')
  const catalog = loadCatalog(overlaidCatalogData(models, file))
  expect(catalog.find(name)?.id).toBe('gpt-5.4')
  for (const other of ['__proto__', 'toString', 'hasOwnProperty']) expect(catalog.find(other)).toBeNull()
})

test('__proto__ is refused by where it stands, instead of being left out without a word', () => {
  for (const where of ['aliases', 'providers', 'lifecycle', 'regions', 'models', 'defaults'])
    expect(() => read(`${where}: {__proto__: {kind: openai}}`)).toThrow(
      `${path}: ${where}.__proto__: is no name; allowed: any other`,
    )
  expect(() => read('__proto__: {}')).toThrow('__proto__: is no name')
  expect(() => read('deployments: [{__proto__: {}}]')).toThrow('deployments.0.__proto__: is no name')
})
