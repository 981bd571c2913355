/** A change of people that is turned down for a reason that people can act on. */
export class PeopleRefusal extends Error {
  readonly code: 'last-owner' | 'last-operator' | 'link-not-valid' | 'email-taken' | 'address-taken' | 'not-found'
  constructor(code: PeopleRefusal['code'], message: string) {
    super(message)
    this.name = 'PeopleRefusal'
    this.code = code
  }
}
