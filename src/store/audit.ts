/** Who changed something: a person of the pages, an operator token (`id` null: the one in the data folder), or the server by itself. */
export type Actor =
  | { readonly kind: 'person'; readonly id: string; readonly name: string }
  | { readonly kind: 'token'; readonly id: string | null; readonly name: string }
  | { readonly kind: 'server'; readonly id: null; readonly name: string }
