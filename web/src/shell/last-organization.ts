/** Which organization was looked at last, in this browser. */
const place = 'mart-last-organization'

export const lastOrganization = {
  read: (): string | null => localStorage.getItem(place),
  write: (id: string): void => localStorage.setItem(place, id),
}
