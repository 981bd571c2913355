/** The part of the admin API that gives credit, takes it back, and proves the ledger. */
import { randomUUID } from 'node:crypto'
import type { Hono } from 'hono'
import { z } from 'zod'
import { formatUsd } from '../lib/amounts.ts'
import type { Mode } from '../store/store.ts'
import { balanceOf, organizationOf, type AdminDeps } from './admin-deps.ts'
import { AdminError } from './admin-error.ts'
import type { AcceptedLossesJson, BalanceJson, GrantJson, RevocationJson, VerificationJson } from './contract.ts'
import { grantJson, revocationJson } from './json-shapes.ts'
import { amountOf } from './key-input.ts'
import { ModeInput, modeOr, ModeParameters } from './mode-input.ts'
import type { Operators } from './operators.ts'
import { Line, readBody, readFields } from './read-input.ts'

const CreditInput = z.strictObject({
  usd: z.string('an amount of USD as text, such as "25.00"'),
  mode: ModeInput,
  note: Line.nullable().default(null),
  /** The same key again does nothing new, so that a caller who got no answer may simply repeat. */
  idempotencyKey: Line.min(1, 'at least one character').optional(),
})

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
  api.get('/ledger/verify', async (c) => {
    await deps.ship()
    const checks = await deps.store.verifyLedger()
    return c.json<VerificationJson>({ ok: checks.every((check) => check.ok), checks })
  })
  api.post('/ledger/accepted-losses', operators.needs('admin'), async (c) => {
    await deps.ship()
    return c.json<AcceptedLossesJson>({ accepted: await deps.store.acceptLosses(operators.actorOf(c)) })
  })
}

const notSoMuch = (revocableNano: bigint, mode: Mode): AdminError =>
  new AdminError('not_enough_unspent', {
    message: `Only $${formatUsd(revocableNano)} of ${mode} credit is unspent and not held by requests under way, which is the most that can be revoked now. Nothing was revoked.`,
  })
