/** For tests: a device with a passkey, which recognises its owner at once (WebAuthn, ES256, without attestation). */
import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'

type Options = { readonly challenge: string }

export function openDevice(origin: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y } = publicKey.export({ format: 'jwk' })
  const id = randomBytes(16)
  const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest()
  // Of its site, with somebody there who was recognised; the counter stays at nothing.
  const authData = (flags: number, more = Buffer.alloc(0)): Buffer =>
    Buffer.concat([sha256(new URL(origin).hostname), Buffer.from([flags]), Buffer.alloc(4), more])
  const clientData = (type: string, { challenge }: Options): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  const credential = (response: Record<string, string>) => ({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
    response,
  })
  return {
    /** What it says when it is added. */
    register(options: Options) {
      // CBOR: {1: 2, 3: -7, -1: 1, -2: x, -3: y}, an EC2 key for ES256.
      const key = Buffer.concat([
        Buffer.from('a5010203262001215820', 'hex'),
        Buffer.from(x!, 'base64url'),
        Buffer.from('225820', 'hex'),
        Buffer.from(y!, 'base64url'),
      ])
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, key])
      const data = authData(0x45, attested)
      // CBOR: {fmt: 'none', attStmt: {}, authData: bytes}.
      const attestation = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a0686175746844617461', 'hex'),
        Buffer.from([0x58, data.length]),
        data,
      ])
      return credential({
        clientDataJSON: clientData('webauthn.create', options).toString('base64url'),
        attestationObject: attestation.toString('base64url'),
      })
    },
    /** What it says when somebody signs in with it. */
    sign(options: Options) {
      const data = authData(0x05)
      const client = clientData('webauthn.get', options)
      const signature = createSign('SHA256').update(data).update(sha256(client)).sign(privateKey)
      return credential({
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: signature.toString('base64url'),
      })
    },
  }
}
