/** For tests: mail servers of our own. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A server that takes any mail, and one that takes none. */
export async function startSmtp(refuses = false) {
  const heard: string[] = []
  const server = createServer((socket) => serve(socket, heard, refuses))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { heard, port: (server.address() as AddressInfo).port, stop: () => server.close() }
}

function serve(socket: Socket, heard: string[], refuses: boolean): void {
  let isBody = false
  socket.write('220 smtp.test\r\n')
  socket.on('data', (bytes) => {
    const text = bytes.toString()
    heard.push(text)
    if (isBody) {
      if (!text.endsWith('\r\n.\r\n')) return
      isBody = false
      socket.write('250 taken\r\n')
    } else if (text.startsWith('RCPT') && refuses) socket.write('550 nobody@example.com is unknown here\r\n')
    else if (text.startsWith('DATA')) {
      isBody = true
      socket.write('354 go on\r\n')
    } else socket.write(text.startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n')
  })
}
