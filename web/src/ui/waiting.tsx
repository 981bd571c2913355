import type { ReactNode } from 'react'
import classes from './waiting.module.css'

type WaitingProps = { readonly is: boolean; readonly children: ReactNode }

/** What was asked for before, until what is asked for now is there: paler, so that nobody takes it for that. */
export const Waiting = ({ is, children }: WaitingProps) => (
  <div className={classes['waiting']} aria-busy={is}>
    {children}
  </div>
)
