/**
 * Builds the web app into web/dist: hashed names, and each file as brotli and as gzip. Run by Bun, with the hash of the
 * sources, which the manifest keeps (web.mjs), and with another folder where it is to be built elsewhere. What is there is replaced at once, so whoever serves it never sees half.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname, join, parse } from 'node:path'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { root } from './toolchain.mjs'
import { distFolder } from './web.mjs'

const brotli = promisify(zlib.brotliCompress)
const gzip = promisify(zlib.gzip)

const source = join(root, 'web', 'src')
const [stamp = '', dist = distFolder] = process.argv.slice(2)
const making = `${dist}.${process.pid}`
/** Quality 11 makes 4 % less in ten times the time. */
const brotliQuality = 9

async function build() {
  const app = await bundle('main.tsx', { splitting: true })
  const scheme = await bundle('scheme.ts', { format: 'iife' })
  const icon = hashed('icon.svg', 'image/svg+xml')
  const built = await Promise.all([...app, ...scheme].map(contentOf))
  const files = Object.fromEntries(await Promise.all([...built, icon].map(written)))
  const nameOf = (list, kind, extension) =>
    basename(list.find((file) => file.kind === kind && extname(file.path) === extension).path)
  return {
    stamp,
    script: nameOf(app, 'entry-point', '.js'),
    style: basename(app.find(({ path }) => /^main-.*\.css$/.test(basename(path))).path),
    scheme: nameOf(scheme, 'entry-point', '.js'),
    icon: icon.name,
    files,
  }
}

async function bundle(entry, options) {
  const { outputs } = await Bun.build({
    entrypoints: [join(source, entry)],
    target: 'browser',
    minify: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    naming: { entry: '[name]-[hash].[ext]', chunk: '[name]-[hash].[ext]', asset: '[name]-[hash].[ext]' },
    publicPath: '/assets/',
    ...options,
  })
  return outputs
}

const contentOf = async (output) => ({
  name: basename(output.path),
  type: output.type,
  bytes: new Uint8Array(await output.arrayBuffer()),
})

/** What nothing has to be done to, named as what is built. */
function hashed(file, type) {
  const bytes = readFileSync(join(source, file))
  const { name, ext } = parse(file)
  return { name: `${name}-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}${ext}`, type, bytes }
}

/** Writes a file and its compressed twins; gives what the manifest says of it. */
async function written({ name, type, bytes }) {
  const twins = {
    br: await brotli(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: brotliQuality } }),
    gz: await gzip(bytes, { level: 9 }),
  }
  writeFileSync(join(making, name), bytes)
  for (const [ending, packed] of Object.entries(twins)) writeFileSync(join(making, `${name}.${ending}`), packed)
  return [name, { type, bytes: bytes.length, br: twins.br.length, gz: twins.gz.length }]
}

rmSync(making, { recursive: true, force: true })
mkdirSync(making, { recursive: true })
try {
  writeFileSync(join(making, 'manifest.json'), JSON.stringify(await build(), null, 1))
  rmSync(dist, { recursive: true, force: true })
  renameSync(making, dist)
} finally {
  rmSync(making, { recursive: true, force: true })
}
