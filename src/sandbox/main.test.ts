import { expect, test } from 'bun:test'

const start = async (env: Record<string, string>) => {
  const child = Bun.spawn([process.execPath, Bun.fileURLToPath(new URL('main.ts', import.meta.url))], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...process.env, SANDBOX_PORT: '0', ...env },
  })
  const { value } = await child.stdout.getReader().read()
  return { child, line: new TextDecoder().decode(value) }
}

test('the sandbox says where it listens in one line, and ends when its parent does', async () => {
  const { child, line } = await start({ SANDBOX_EXIT_WITH_PARENT: '1' })
  expect(line).toMatch(/^\{"sandboxUrl":"http:\/\/127\.0\.0\.1:\d+"\}\n$/)
  expect((await fetch(JSON.parse(line).sandboxUrl)).status).toBe(200)
  await child.stdin.end()
  expect(await child.exited).toBe(0)
})

test('without that wish a closed stdin is ignored, and SIGTERM ends it, even with a request in flight', async () => {
  const { child, line } = await start({ SANDBOX_EXIT_WITH_PARENT: '0' })
  await child.stdin.end()
  const { sandboxUrl } = JSON.parse(line)
  const stalled = fetch(`${sandboxUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sandbox-credential', 'x-sandbox': 'stall=1' },
    body: JSON.stringify({ model: 'gpt-5.4', messages: [{ role: 'user', content: 'x' }] }),
  }).catch(() => 'cut')
  await Bun.sleep(100)
  expect((await fetch(sandboxUrl)).status).toBe(200)
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
  expect(await stalled).toBe('cut')
})

test('run by hand it says its address and its credential, and PORT chooses where it listens', async () => {
  const { child, line } = await start({ SANDBOX_EXIT_WITH_PARENT: '0' })
  const { sandboxUrl } = JSON.parse(line)
  const said = new TextDecoder().decode((await child.stderr.getReader().read()).value)
  expect(said).toContain(`listens at ${sandboxUrl} `)
  expect(said).toContain('Its credential is sandbox-credential.')
  const { port } = new URL(sandboxUrl)
  const second = Bun.spawn([process.execPath, Bun.fileURLToPath(new URL('main.ts', import.meta.url))], {
    stderr: 'pipe',
    env: { PORT: port },
  })
  expect([await second.exited, await new Response(second.stderr).text()]).toEqual([
    1,
    `the sandbox cannot listen: port ${port} is taken; SANDBOX_PORT or PORT chooses another, 0 any\n`,
  ])
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
})

test('the signals that its gateway gets too do not end it: what is under way there still needs it', async () => {
  const { child, line } = await start({ SANDBOX_EXIT_WITH_PARENT: '1' })
  const { sandboxUrl } = JSON.parse(line)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) child.kill(signal)
  expect((await fetch(sandboxUrl)).status).toBe(200)
  await child.stdin.end()
  expect(await child.exited).toBe(0)
})
