/** nginx, as the static upstream and as the baseline that proxies to it. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answers, childOf, cores, onCore, start } from './processes.ts'

const shared = (folder: string, pid: string): string => `
worker_processes 1; daemon off; pid ${folder}/${pid}.pid; error_log ${folder}/${pid}.err;
events { worker_connections 2048; }`
const temporary = (folder: string): string =>
  ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')

export type Nginx = { readonly url: string; readonly workerPid: number }

async function startNginx(name: 'upstream' | 'proxy', port: number, server: string, http = ''): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), `mart-nginx-${name}-`))
  const path = join(folder, 'nginx.conf')
  writeFileSync(
    path,
    `${shared(folder, name)}
http { access_log off; ${temporary(folder)} keepalive_requests 100000000; ${http}
  server { listen 127.0.0.1:${port}; location = /up { return 200 'up'; } location / { ${server} } } }`,
  )
  const url = `http://127.0.0.1:${port}`
  const { pid } = await start(
    onCore(name === 'proxy' ? cores.measured : cores.load, ['nginx', '-c', path]),
    {},
    answers(`${url}/up`),
  )
  return { url, workerPid: childOf(pid) }
}

/** Answers every request with the same body. */
export const startStaticUpstream = (port: number, body: string): Promise<Nginx> =>
  startNginx('upstream', port, `default_type application/json; return 200 '${body}';`)

/** Does nothing but pass requests on. `more`: further directives. */
export const startProxy = (port: number, upstream: string, more = ''): Promise<Nginx> =>
  startNginx(
    'proxy',
    port,
    `proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; ${more}`,
    `upstream up { server ${upstream.replace('http://', '')}; keepalive 128; }`,
  )
