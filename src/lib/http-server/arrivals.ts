import { heldBackFor, type Inflow } from './inflow.ts'

/** Connections that are new. Of five hundred at once, a turn of the event loop read the first requests of half: 50 ms of it. */
export type Arrivals = {
  /** May bring something at once where few came before it in this turn; else soon, behind those that came first. */
  readonly add: (arrival: Pick<Inflow, 'holdBack' | 'letCome'>) => void
}

/** So many begin in a turn. */
export const arrivalsMany = 16

export function createArrivals(): Arrivals {
  const line: Pick<Inflow, 'letCome'>[] = []
  let begun = 0
  const beginTurn = (): void => {
    const next = line.splice(0, arrivalsMany)
    begun = next.length
    if (begun > 0) setImmediate(beginTurn)
    for (const arrival of next) arrival.letCome(heldBackFor.arrival)
  }
  return {
    add(arrival) {
      if (begun === 0) setImmediate(beginTurn)
      begun += 1
      if (begun <= arrivalsMany) return
      arrival.holdBack(heldBackFor.arrival)
      line.push(arrival)
    },
  }
}
