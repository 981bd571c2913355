/**
 * Where a second factor is asked for, and of whom. A session counts that was opened with one: not what somebody has, which
 * an older session, or whoever learnt the password and adds one more, would make use of.
 */
import { AdminError } from '../admin/error.ts'
import type { People, Person, Signed } from '../pages/people-port.ts'

type Demands = Pick<People, 'settings' | 'store'>

/** Throws `second_factor_required` for an operator who may not see the console in this session. */
export function demandForConsole(person: Person, { settings }: Pick<People, 'settings'>): void {
  if (!isConsoleOpen(person, { settings })) demand(person, forConsole)
}

/** Whether an operator may see the console in this session. */
export const isConsoleOpen = ({ gaveSecondFactor }: Person, { settings }: Pick<People, 'settings'>): boolean =>
  settings.secondFactor === 'optional' || gaveSecondFactor

/** Throws `second_factor_required` for whoever may not see an organization in this session, as a member or an operator. */
export function demandIn(organizationId: string, as: 'member' | 'operator', person: Person, demands: Demands): void {
  const { settings, store } = demands
  if (as === 'operator') demandForConsole(person, demands)
  if (settings.secondFactor === 'everybody' || store.demandsSecondFactor(organizationId)) demand(person, undefined)
}

const forConsole = 'Operators need a second factor here. Set one up under Account, or sign in with the one you have.'
const demand = ({ gaveSecondFactor }: Person, message: string | undefined): void => {
  if (!gaveSecondFactor) throw new AdminError('second_factor_required', message === undefined ? {} : { message })
}

/**
 * Throws `second_factor_required` where somebody has a second factor, is asked for it, and has not shown it: in such a
 * session none is added or taken away, which would be a way around it.
 */
export function demandToChange({ person, gaveSecondFactor }: Signed, demands: Demands): void {
  if (gaveSecondFactor || !hasAny(person) || !isDemandedOf(person, demands)) return
  throw new AdminError('second_factor_required', {
    message: 'You have a second factor. Sign in with it, then repeat this.',
  })
}

/** Whether an app or a passkey stands behind their password. */
export const hasAny = ({ hasSecondFactor, hasPasskey }: Signed['person']): boolean => hasSecondFactor || hasPasskey

/** Whether one is asked of somebody anywhere. */
export function isDemandedOf(
  { id, isOperator }: Pick<Person, 'id' | 'isOperator'>,
  { settings, store }: Demands,
): boolean {
  if (settings.secondFactor === 'everybody' || store.isSecondFactorDemandedOf(id)) return true
  return isOperator && (settings.secondFactor === 'operators' || store.isSecondFactorDemandedAnywhere())
}
