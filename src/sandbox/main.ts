/** The sandbox as a process of its own: says where it listens in one line of JSON, and ends with its parent, or when it is asked to. */
import { sandboxCredential } from './exchange.ts'
import { startSandbox, type Sandbox } from './serve.ts'

const hasParent = process.env['SANDBOX_EXIT_WITH_PARENT'] === '1'
const port = Number(process.env['SANDBOX_PORT'] ?? process.env['PORT'] ?? 0)

const sandbox = await startSandbox({ port }).catch((error: NodeJS.ErrnoException): Sandbox => {
  const words = error.code === 'EADDRINUSE' ? `port ${port} is taken` : error.message
  process.stderr.write(`the sandbox cannot listen: ${words}; SANDBOX_PORT or PORT chooses another, 0 any\n`)
  process.exit(1)
})

const leave = (): void => void sandbox.stop().finally(() => process.exit(0))
// Ctrl-C, and whoever stops a service, signals all its processes: the gateway needs its sandbox until it has drained.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, hasParent ? () => undefined : leave)

/** A gateway that was killed cannot stop its sandbox; its end of the pipe closes all the same. */
if (hasParent) process.stdin.on('end', leave).on('close', leave).on('error', leave).resume()
else
  process.stderr.write(
    `The sandbox listens at ${sandbox.url} (OpenAI: ${sandbox.url}/v1, Gemini: ${sandbox.url}; what it does is said at /).\n` +
      `Its credential is ${sandboxCredential}. A gateway in front of it: MART_SANDBOX_URL=${sandbox.url} npm start\n`,
  )

process.stdout.write(`${JSON.stringify({ sandboxUrl: sandbox.url })}\n`)
