/** Whether the ledger adds up, for operators. */
import type { z } from 'zod'
import type { LedgerVerificationJson } from '../../contract.ts'
import { pageRoute } from '../page-route.ts'
import { NothingMore } from '../shapes.ts'
import { LedgerVerificationShape } from './operator-shapes.ts'

export type OperatorLedgerVerificationJson = z.infer<typeof LedgerVerificationShape>

const getVerification = pageRoute({
  method: 'GET',
  path: '/api/operator/ledger-verification',
  summary: 'What came of the last proof of the ledger, and whether one is under way',
  needs: 'operator',
  query: null,
  body: null,
  answer: LedgerVerificationShape,
  handle: ({ admin }) => admin<LedgerVerificationJson>('GET', '/ledger/verification'),
})

const startVerification = pageRoute({
  method: 'POST',
  path: '/api/operator/ledger-verification',
  summary: 'Prove the ledger now; what comes of it is the last result then',
  needs: 'operator',
  query: null,
  body: NothingMore,
  answer: LedgerVerificationShape,
  status: 202,
  handle: ({ admin }) => admin<LedgerVerificationJson>('POST', '/ledger/verification', {}),
})

export const ledgerRoutes = [getVerification, startVerification]
