/** The URLs of the web app's pages. Any other is answered as not found, by a page where a browser asks. */

/** Whether the web app has a page at this path. */
export const isPagePath = (path: string): boolean => pages.test(path)

const organization = ['home', 'usage', 'requests', 'keys', 'jobs', 'files', 'billing', 'service', 'settings']
const operator = [
  'organizations',
  'people',
  'service-requests',
  'deployments',
  'usage',
  'ledger',
  'audit',
  'configuration',
]
const alone = [
  'sign-in',
  'sign-up',
  'setup',
  'invitation',
  'forgot-password',
  'reset-password',
  'confirm-email',
  'take-back',
  'account',
  'playground',
]

/** An id in a path, as the web app's router reads it. */
const id = '[^/]+'
/** What an area has below itself: the page of one of its things. */
const below = `(?:/${id}){0,2}`
const pages = new RegExp(
  `^/(?:${alone.join('|')}|dashboard(?:/${id}(?:/(?:${organization.join('|')})${below})?)?|operator(?:/(?:${operator.join('|')})${below})?)/?$`,
)
