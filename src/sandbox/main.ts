/** The sandbox as a process of its own: says where it listens in one line of JSON, and ends with its parent. */
import { startSandbox } from './serve.ts'

const sandbox = await startSandbox({ port: Number(process.env['SANDBOX_PORT'] ?? 0) })

const leave = (): void => void sandbox.stop().finally(() => process.exit(0))
process.on('SIGTERM', leave)
process.on('SIGINT', leave)

/** A gateway that was killed cannot stop its sandbox; its end of the pipe closes all the same. */
if (process.env['SANDBOX_EXIT_WITH_PARENT'] === '1') {
  process.stdin.on('end', leave).on('close', leave).on('error', leave).resume()
}

process.stdout.write(`${JSON.stringify({ sandboxUrl: sandbox.url })}\n`)
