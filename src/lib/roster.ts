/** Who is on a roster knows its place there; nobody else may change it. */
export type Enrolled = { place: number }
/** The place of who is on no roster. */
export const noPlace = -1

/**
 * A set for members that come and go with every request. JavaScriptCore's `Set` keeps those alive that have gone:
 * a table that it has outgrown points at the next one, so once an outgrown table is old, all that the later ones
 * held is taken for alive until the next full collection. That made every request's garbage old.
 */
export class Roster<Member extends Enrolled> {
  readonly #members: Member[] = []

  get size(): number {
    return this.#members.length
  }

  /** Those of this moment, in no order. */
  members(): readonly Member[] {
    return this.#members.slice()
  }

  add(member: Member): void {
    member.place = this.#members.push(member) - 1
  }

  /** Without effect for who is not on it. */
  remove(member: Member): void {
    const { place } = member
    if (place === noPlace) return
    member.place = noPlace
    const last = this.#members.pop()!
    if (last === member) return
    this.#members[place] = last
    last.place = place
  }
}
