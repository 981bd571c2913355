export const distFolder: string
export function buildWebIfChanged(): boolean
