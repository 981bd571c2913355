import { Tooltip } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'

const delayMs = 250

/**
 * What more there is to say of a figure, while somebody points at it. Lists have hundreds of figures, and a tooltip of
 * each would cost more than all the rest of them: it is made when it is shown. `near` goes to the figure, `hint` into it.
 */
export function useHint(label: string) {
  const target = useRef<HTMLElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const [isShown, setShown] = useState(false)
  const show = (): void => {
    timer.current = setTimeout(() => setShown(true), delayMs)
  }
  const hide = (): void => {
    clearTimeout(timer.current)
    setShown(false)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  return {
    near: { ref: target as never, onPointerEnter: show, onPointerLeave: hide },
    hint: isShown && <Tooltip target={target} label={label} opened />,
  }
}
