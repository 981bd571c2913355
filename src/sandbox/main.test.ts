import { expect, test } from 'bun:test'

const start = async (env: Record<string, string>) => {
  const child = Bun.spawn([process.execPath, Bun.fileURLToPath(new URL('main.ts', import.meta.url))], {
    stdin: 'pipe',
    stdout: 'pipe',
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
