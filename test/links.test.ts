import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'

const root = resolve(import.meta.dir, '..')
const pages = ['*.md', 'docs/**/*.md', 'examples/*.md', 'src/**/*.md', 'test/**/*.md'].flatMap((pattern) => [
  ...new Bun.Glob(pattern).scanSync({ cwd: root }),
])

const read = (page: string): string => readFileSync(join(root, page), 'utf8')

/** A heading as GitHub has it in addresses. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!))

/** What a link of a page should lead to and does not; null where it does, or leaves this repository. */
function deadEnd(page: string, link: string): string | null {
  if (/^[a-z]+:/.test(link)) return null
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(join(root, target))) return `${page}: ${link}`
  const isMissing = anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor)
  return isMissing ? `${page}: ${link}` : null
}

test('every link of a document leads to a file that is there, and to a heading that it has', () => {
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => ({ page, link: link! })),
  )
  expect(links.length).toBeGreaterThan(100)
  expect(links.flatMap(({ page, link }) => deadEnd(page, link) ?? [])).toEqual([])
})
