/**
 * The JSON of the pages' API, made of its routes' schemas: what the web app is written against. Amounts are decimal
 * strings of nano-USD, times ISO 8601 in UTC. Types only: nothing of the server comes with them.
 */
export type { PageFileJson } from './pages/files/file-routes.ts'
export type { PageJobJson } from './pages/jobs/job-routes.ts'
export type { Figures as FiguresJson, Metric } from '../reporting/figures.ts'
export type { Home as HomeJson } from '../reporting/home.ts'
export type { LiveFrame as LiveFrameJson } from '../reporting/live.ts'
export type {
  EntryJson,
  RequestDetails as RequestDetailsJson,
  RequestHistogram as RequestHistogramJson,
  RequestList as RequestListJson,
} from '../reporting/requests.ts'
export type { Statement as StatementJson } from '../reporting/statement.ts'
export type { UsageOverTime as UsageOverTimeJson } from '../reporting/usage-over-time.ts'
export type { PagePassJson } from './pages/passes/pass-routes.ts'
export type { PageOrganizationJson } from './pages/home/home-routes.ts'
export type {
  PageKeyInputJson,
  PageKeyJson,
  PageKeyListJson,
  PageKeyOptionsJson,
  PageKeyWithSecretJson,
  PageNewKeyInputJson,
} from './pages/keys/key-routes.ts'
export type { OperatorConfigurationJson, OperatorReloadJson } from './pages/operator/configuration-routes.ts'
export type {
  OperatorDeploymentJson,
  OperatorDeploymentListJson,
  OperatorDeploymentTestJson,
} from './pages/operator/deployment-routes.ts'
export type { OperatorLedgerVerificationJson } from './pages/operator/ledger-routes.ts'
export type {
  OperatorCreditInputJson,
  OperatorGrantJson,
  OperatorOrganizationJson,
  OperatorOrganizationListJson,
  OperatorRevocationJson,
} from './pages/operator/organization-routes.ts'
export type { PageAuditJson } from './pages/audit/audit-routes.ts'
export type { AccountJson, SessionListJson } from './pages/account/account-routes.ts'
export type { LookedAtLinkJson } from './pages/account/link-routes.ts'
export type { WaysToSignInJson } from './pages/account/sign-in-routes.ts'
export type { InvitationJson, PageMemberJson } from './pages/members/member-routes.ts'
export type { OperatorPersonJson } from './pages/members/people-routes.ts'
export type { PageSecurityJson } from './pages/members/security-routes.ts'
export type { Access, Permission, Role } from './pages/roles.ts'
export type { SessionJson } from './pages/session/session-routes.ts'
export type {
  OperatorApprovalInputJson,
  OperatorApprovedServiceRequestJson,
} from './pages/operator/service-request-routes.ts'
export type {
  PageServiceRequestInputJson,
  PageServiceRequestJson,
  PageServiceRequestListJson,
} from './pages/service/service-routes.ts'
export type {
  PageCreditAlertInputJson,
  PageCreditAlertListJson,
  PageDeliveryJson,
  PageDeliveryListJson,
  PageWebhookChangesJson,
  PageWebhookInputJson,
  PageWebhookJson,
  PageWebhookListJson,
  PageWebhookWithSecretJson,
} from './pages/billing/webhook-routes.ts'
