/**
 * Serving the web app: its files, which never change under their names, and the one document that all of its pages are.
 * What the files are made of stands in web/; they are built by scripts/build-web.mjs.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HttpAnswer, HttpRequest } from '../lib/http-server/contract.ts'
import { isPagePath } from './page-paths.ts'
import { webDocument, webPolicy, type DocumentParts } from './web-document.ts'

/** What stands at a path for GET and HEAD; null for what is none of the web app's. */
export type WebApp = (request: HttpRequest, path: string) => HttpAnswer | Promise<HttpAnswer> | null

type Manifest = DocumentParts & {
  readonly files: Readonly<Record<string, { readonly type: string }>>
}

/**
 * Opens what was built into `dist`. Where nothing was, its pages say so, and everything else works. Where another build
 * took its place since, what is gone is not found, and pages are of that build from then on.
 */
export function openWebApp(dist: string): WebApp {
  let built = openBuilt(dist)
  const readAnew = (): HttpAnswer => {
    built = openBuilt(dist)
    return replaced()
  }
  return (request, path) => {
    if (path.startsWith(assets)) return built?.fileAnswer(request, path.slice(assets.length))?.catch(readAnew) ?? null
    const isPage = isPagePath(path)
    if (!isPage && (path.startsWith('/api/') || !isForReading(request))) return null
    if (built === null) return isPage ? unbuilt() : null
    return documentAnswer(built.manifest, isPage ? 200 : 404)
  }
}

const assets = '/assets/'

/** Whether somebody looks at it in a browser, who is better told by a page what there is, or that there is nothing. */
export const isForReading = ({ headers }: HttpRequest): boolean => headers.get('accept')?.includes('text/html') ?? false

function openBuilt(dist: string) {
  const manifest = readManifest(dist)
  return manifest && { manifest, fileAnswer: openFiles(dist, manifest) }
}

function readManifest(dist: string): Manifest | null {
  try {
    return JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8')) as Manifest
  } catch {
    return null
  }
}

function unbuilt(): HttpAnswer {
  return {
    status: 503,
    headers: { 'content-type': 'text/plain; charset=UTF-8', 'cache-control': 'no-store', ...always },
    body: 'The web app has not been built. Start this server with `npm start`, which builds it.\n',
  }
}

function replaced(): HttpAnswer {
  return {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=UTF-8', 'cache-control': 'no-store', ...always },
    body: 'This file is of a build that was replaced. Load the page again.\n',
  }
}

/** For whatever a browser is given. */
const always = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
}

/** Made for one reader: the nonce must be known to nobody else. */
function documentAnswer(parts: DocumentParts, status: number): HttpAnswer {
  const nonce = randomBytes(16).toString('base64url')
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=UTF-8',
      'content-security-policy': webPolicy(nonce),
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
      ...always,
    },
    body: webDocument(parts, nonce),
  }
}

// ---- Files -----------------------------------------------------------------------------------------

const codings = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const

/** Read when they are first asked for, and kept: some 2 MB when all are. */
function openFiles(dist: string, { files }: Manifest) {
  const kept = new Map<string, Promise<Uint8Array>>()
  const read = (name: string): Promise<Uint8Array> => {
    const known = kept.get(name) ?? readFile(join(dist, name))
    kept.set(name, known)
    return known
  }
  return (request: HttpRequest, name: string): Promise<HttpAnswer> | null => {
    // By its own keys alone: a name of Object.prototype is no file.
    const file = Object.hasOwn(files, name) ? files[name]! : null
    return file === null ? null : fileAnswer(request, file.type, (ending) => read(`${name}${ending}`))
  }
}

async function fileAnswer(
  { headers }: HttpRequest,
  type: string,
  read: (ending: string) => Promise<Uint8Array>,
): Promise<HttpAnswer> {
  const accepted = headers.get('accept-encoding') ?? ''
  const coding = codings.find(({ name }) => accepts(accepted, name))
  return {
    status: 200,
    headers: {
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
      'cross-origin-resource-policy': 'same-origin',
      ...(coding && { 'content-encoding': coding.name }),
      ...always,
    },
    body: await read(coding?.ending ?? ''),
  }
}

/** Whether a coding is named and not refused (RFC 9110, 12.5.3). */
const accepts = (accepted: string, coding: string): boolean =>
  accepted.split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase())
    return name === coding && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))
  })
