/** The token of a link that works once. It stands in the fragment, which no server is sent, and leaves the address at once. */

const keptUnder = 'mart-link'

/** The token that this page was opened with; null where it was opened without one. */
export function takeLinkToken(): string | null {
  const token = location.hash.slice(1)
  if (token !== '') history.replaceState(history.state, '', location.pathname + location.search)
  return token === '' ? null : token
}

/** For a sign-in in between: kept for this tab alone, and given back once. */
export const keptLink = {
  keep: (token: string): void => sessionStorage.setItem(keptUnder, token),
  take(): string | null {
    const token = sessionStorage.getItem(keptUnder)
    sessionStorage.removeItem(keptUnder)
    return token
  },
}
