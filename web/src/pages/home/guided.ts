/** Whether this tab has shown somebody the way to a first call, and they have not closed it: it is then there when they come back. */
import type { Mode } from '../../shell/mode.ts'

type Book = { readonly organization: string; readonly mode: Mode }

const placeOf = ({ organization, mode }: Book): string => `mart-first-call ${organization} ${mode}`

export const guided = {
  is: (of: Book): boolean => sessionStorage.getItem(placeOf(of)) !== null,
  begin: (of: Book): void => sessionStorage.setItem(placeOf(of), 'shown'),
  end: (of: Book): void => sessionStorage.removeItem(placeOf(of)),
}
