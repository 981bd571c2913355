/** The part of the admin API that gives credit, takes it back, and proves the ledger. */
import { randomUUID } from 'node:crypto'
import type { Hono } from 'hono'
import { z } from 'zod'
import { formatUsd } from '../../lib/amounts.ts'
import { inBackground } from '../../lib/log.ts'
import type { Mode } from '../../store/store.ts'
import { balanceOf, organizationOf, type AdminDeps } from './deps.ts'
import { AdminError } from './error.ts'
import type {
  AcceptedLossesJson,
  BalanceJson,
  GrantJson,
  LedgerVerificationJson,
  RevocationJson,
  VerificationJson,
} from '../contract.ts'
import { grantJson, revocationJson, verificationJson } from './json-shapes.ts'
import { amountOf } from './key-input.ts'
import { modeOr, ModeParameters } from './mode-input.ts'
import { CreditInput } from './organization-input.ts'
import type { Operators } from './operators.ts'
import { readBody, readFields } from './read-input.ts'

export function addCreditRoutes(api: Hono, deps: AdminDeps, operators: Operators): void {
  const mayChange = operators.needs('credit')
  api.post('/organizations/:id/grants', mayChange, async (c) => {
    const { usd, note, idempotencyKey = randomUUID(), ...asked } = await readBody(c.req.raw, CreditInput)
    const mode = modeOr(asked.mode, deps)
    const amountNano = amountOf('usd', usd)
    const { id: organizationId } = await organizationOf(deps, c.req.param('id'))
    const transfer = await deps.store.grantCredit(
      { organizationId, mode, amountNano, note, idempotencyKey },
      operators.actorOf(c),
    )
    return c.json<GrantJson>(grantJson(organizationId, transfer), 201)
  })
  api.post('/organizations/:id/revocations', mayChange, async (c) => {
    const { usd, note, idempotencyKey = randomUUID(), ...asked } = await readBody(c.req.raw, CreditInput)
    const mode = modeOr(asked.mode, deps)
    const amountNano = amountOf('usd', usd)
    const { id: organizationId } = await organizationOf(deps, c.req.param('id'))
    const ask = { organizationId, mode, amountNano, note, idempotencyKey }
    const answer = await deps.recallCredit(organizationId, mode, () =>
      deps.store.revokeCredit(ask, operators.actorOf(c)),
    )
    if (answer.reversals === null) throw notSoMuch(answer.revocableNano, mode)
    return c.json<RevocationJson>(revocationJson(ask, answer.reversals), 201)
  })
  api.get('/organizations/:id/balance', async (c) => {
    const { mode } = readFields(c.req.query(), ModeParameters)
    const { id } = await organizationOf(deps, c.req.param('id'))
    return c.json<BalanceJson>(await balanceOf(deps, id, modeOr(mode, deps)))
  })
  api.get('/ledger/verify', async (c) => c.json<VerificationJson>(verificationJson(await deps.verifier.verify())))
  api.get('/ledger/verification', (c) => c.json<LedgerVerificationJson>(standingOf(deps)))
  // Answered at once: what comes of it is the last result then.
  api.post('/ledger/verification', operators.needs('read'), async (c) => {
    await readBody(c.req.raw, NothingMore)
    inBackground(deps.log, 'verify-ledger', async () => void (await deps.verifier.verify()))
    return c.json<LedgerVerificationJson>(standingOf(deps), 202)
  })
  api.post('/ledger/accepted-losses', operators.needs('admin'), async (c) => {
    await deps.ship()
    return c.json<AcceptedLossesJson>({ accepted: await deps.store.acceptLosses(operators.actorOf(c)) })
  })
}

const NothingMore = z.strictObject({})

const standingOf = ({ verifier }: AdminDeps): LedgerVerificationJson => {
  const last = verifier.last()
  return { last: last && verificationJson(last), isRunning: verifier.isRunning() }
}

const notSoMuch = (revocableNano: bigint, mode: Mode): AdminError =>
  new AdminError('not_enough_unspent', {
    message: `Only $${formatUsd(revocableNano)} of ${mode} credit is unspent and not held by requests under way, which is the most that can be revoked now. Nothing was revoked.`,
  })
