import type { OperatorDeploymentJson } from '../../../../src/control/contract-pages.ts'

export const deploymentsPath = '/api/operator/deployments' as const
export const deploymentsKey = ['operator', 'deployments'] as const

type Words = { readonly title: string; readonly color: string; readonly about: string }

/** What a deployment's state means to whoever runs it. */
export const stateWords: Readonly<Record<OperatorDeploymentJson['state'], Words>> = {
  healthy: { title: 'Healthy', color: 'mart', about: 'Calls go there.' },
  resting: {
    title: 'Resting',
    color: 'amber',
    about: 'It said that it has enough for now, or it needs you; calls go elsewhere meanwhile.',
  },
  open: { title: 'Failing', color: 'red', about: 'It failed, and is left alone for a while.' },
  'half-open': { title: 'Being tried', color: 'amber', about: 'One call is sent to see whether it is back.' },
  drained: { title: 'Drained', color: 'gray', about: 'An operator keeps calls away; what is under way ends.' },
}
