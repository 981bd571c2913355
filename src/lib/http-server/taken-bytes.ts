/**
 * How much of what was sent on a connection the other side has taken. What the kernel takes of us tells that too late: it
 * keeps up to 4 MiB, and says that it has room only when a third of that is free, which is a minute for a slow reader.
 */
import { dlopen } from 'bun:ffi'

/** Bytes so far that the other side's system has acknowledged, which is as many as its reader leaves room for; null where the system does not tell, or the connection is gone. */
export function takenBytes(socket: object): number | null {
  // Bun's types do not have it.
  const { fd } = socket as { readonly fd?: number }
  libc ??= openLibc()
  if (!libc || fd === undefined) return null
  length[0] = info.length
  const failed = libc.symbols.getsockopt(fd, tcp, tcpInfo, info, length)
  if (failed !== 0 || length[0] < ackedAt + 8) return null
  return Number(info.readBigUInt64LE(ackedAt))
}

/** By the names that the C library has with glibc and with musl; false where it is neither, or no Linux. */
function openLibc(): Libc | false {
  if (process.platform !== 'linux') return false
  for (const name of ['libc.so.6', 'libc.so'])
    try {
      return open(name)
    } catch {
      // By the next name.
    }
  return false
}

const open = (name: string) =>
  dlopen(name, { getsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'ptr'], returns: 'i32' } })
type Libc = ReturnType<typeof open>
let libc: Libc | false | null = null

/** `IPPROTO_TCP`, `TCP_INFO` and where `tcpi_bytes_acked` stands (Linux, include/uapi/linux/tcp.h; since 4.1). */
const [tcp, tcpInfo, ackedAt] = [6, 11, 120]
const info = Buffer.alloc(256)
const length = new Uint32Array(1)
