/** The baseline of the stream lane: the least that a relay in this runtime can do. */
const upstream = process.env['UPSTREAM']!

Bun.serve({
  port: Number(process.env['PORT']),
  hostname: '127.0.0.1',
  idleTimeout: 255,
  async fetch(request) {
    if (request.method === 'GET') return new Response('up')
    const response = await fetch(upstream + new URL(request.url).pathname, {
      method: 'POST',
      body: await request.bytes(),
      headers: { 'content-type': 'application/json' },
    })
    return new Response(response.body, { headers: { 'content-type': 'text/event-stream' } })
  },
})
