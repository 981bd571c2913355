import type { Asked } from '../../../dialect.ts'

type Changing = Pick<Asked, 'demand' | 'wire'>

/** What creating a response asks, asked of another operation that takes the same input; no chat completion is like it. */
export function askedAs(creating: Asked, change: (asked: Changing) => Changing): Asked {
  const { translation: _, askedOf, ...asked } = creating
  return { ...asked, ...change(asked), ...(askedOf && { askedOf: (known) => change(askedOf(known)) }) }
}
