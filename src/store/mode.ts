/** The two that never meet: `test` is served by what is simulated and spends test credit, `live` is neither. */
export const modes = ['test', 'live'] as const
export type Mode = (typeof modes)[number]
