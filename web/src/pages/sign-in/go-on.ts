/** What follows once somebody is signed in, or has given their password. */
import { safeWayBack } from '../../api/way-back.ts'

export type Next = { readonly next: 'home' | 'second-factor' }

/** Loads the page anew, so that nothing of before stays in memory. */
export function goOn({ next }: Next, to?: unknown): void {
  const behind = safeWayBack(to) ?? '/dashboard'
  if (next === 'home') return location.assign(behind)
  location.assign(`/sign-in?step=second-factor&to=${encodeURIComponent(behind)}`)
}
