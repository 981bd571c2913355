/** Passkeys, as this browser has them: made and used through what the server asks and checks. */
import { ApiTrouble, ask } from './client.ts'

/** Whether this browser knows them at all. */
export const knowsPasskeys = (): boolean =>
  typeof PublicKeyCredential !== 'undefined' && 'parseRequestOptionsFromJSON' in PublicKeyCredential

/** Signs in whoever the passkey is of. It stands for two factors, so the device recognises its owner first. */
export async function signInWithPasskey(): Promise<void> {
  const options = await ask<PublicKeyCredentialRequestOptionsJSON>('/api/auth/passkey/generate-authenticate-options')
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({ ...options, userVerification: 'required' })
  const credential = await given(() => navigator.credentials.get({ publicKey }))
  await ask('/api/auth/passkey/verify-authentication', { method: 'POST', body: { response: credential } })
}

/** Makes one for whoever is signed in. */
export async function addPasskey(name: string): Promise<void> {
  const options = await ask<PublicKeyCredentialCreationOptionsJSON>('/api/auth/passkey/generate-register-options')
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  const credential = await given(() => navigator.credentials.create({ publicKey }))
  await ask('/api/auth/passkey/verify-registration', { method: 'POST', body: { response: credential, name } })
}

async function given(work: () => Promise<Credential | null>): Promise<unknown> {
  try {
    const credential = await work()
    if (credential !== null) return (credential as PublicKeyCredential).toJSON()
  } catch (error) {
    if (error instanceof DOMException && error.name === 'InvalidStateError')
      throw trouble('This device has a passkey for this account already.')
  }
  throw trouble('The browser gave no passkey: it was cancelled, or took too long. Try again.')
}

const trouble = (words: string): ApiTrouble => new ApiTrouble(words, { code: 'passkey_refused', status: 0 })
