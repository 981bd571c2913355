/** The URLs with which a test tells an account of a pose how to behave, while it runs. No credential. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { Control, direct, type Account } from './accounts.ts'
import type { Exchange } from './exchange.ts'
import { poseNames } from './origin.ts'
import { Refusal } from './refusal.ts'
import { freeJson, type Reply } from './reply.ts'

/** GET /sandbox/accounts */
export const listAccounts = ({ accounts }: Exchange): Reply => freeJson({ data: accounts.list().map(describe) })

/** GET /sandbox/accounts/{pose}/{account} */
export const showAccount = (exchange: Exchange, pose = '', name = ''): Reply =>
  atAccount(exchange, pose, name, (account) => account)

/** PUT /sandbox/accounts/{pose}/{account}: replaces what the account was told before. */
export const directAccount = (exchange: Exchange, pose = '', name = ''): Reply =>
  atAccount(exchange, pose, name, (account) => direct(account, controlOf(exchange.body)))

/** DELETE /sandbox/accounts/{pose}/{account}: as if it had never been told anything. Its key and tokens stay. */
export const restoreAccount = (exchange: Exchange, pose = '', name = ''): Reply =>
  atAccount(exchange, pose, name, (account) => direct(account, {}))

/** PUT /sandbox/accounts/vertex/{account}/public-key: what the service account signs with, as PEM. */
export const registerPublicKey = (exchange: Exchange, name = ''): Reply =>
  atAccount(exchange, 'vertex', name, (account) => {
    account.publicKey = publicKeyOf(exchange.body)
  })

function atAccount({ accounts }: Exchange, pose: string, name: string, act: (account: Account) => unknown): Reply {
  const known = poseNames.find((candidate) => candidate === pose)
  try {
    if (!known) throw new Refusal(404, `There is no pose '${pose}'; there are ${poseNames.join(', ')}.`)
    const account = accounts.of(known, name)
    act(account)
    return freeJson(describe(account))
  } catch (error) {
    if (error instanceof Refusal) return freeJson({ error: { message: error.message } }, error.status)
    throw error
  }
}

const describe = ({ pose, name, control, served, refused, publicKey, tokensMinted }: Account): object => ({
  pose,
  account: name,
  control,
  served,
  refused: Object.fromEntries(refused),
  ...(pose === 'vertex' ? { tokensMinted, hasPublicKey: publicKey !== null } : {}),
})

function controlOf(body: string): Control {
  const parsed = Control.safeParse(jsonOf(body))
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  const fields = Object.keys(Control.shape).join(', ')
  throw new Refusal(400, `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}. The fields are ${fields}.`)
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new Refusal(400, 'The body is not JSON.')
  }
}

function publicKeyOf(pem: string): KeyObject {
  try {
    return createPublicKey(pem)
  } catch (error) {
    throw new Refusal(400, `The body is no public key in PEM: ${String(error)}`)
  }
}
