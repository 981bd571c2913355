import { Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { exactUsd, shownBalance, shownUsd, wholeUsd } from './format.ts'
import { useHint } from './hint.tsx'
import classes from './money.module.css'

export type MoneyProps = {
  /** Nano-USD, as the API says it; null where there is none. */
  readonly nano: string | null
  /** Whether a click copies the exact amount: for single figures, not for columns of them. */
  readonly copies?: boolean
  /** Whether every digit is shown: where sums must come out, as on receipts. */
  readonly isWhole?: boolean
  /** Whether it is what there is to spend, which is not rounded up. */
  readonly isBalance?: boolean
}

/** An amount as its reader writes it; the exact one on hover, and to copy. */
export function Money({ nano, copies = false, isWhole = false, isBalance = false }: MoneyProps) {
  if (nano === null) return <span aria-label="none">–</span>
  const shown = isWhole ? wholeUsd(nano) : isBalance ? shownBalance(nano) : shownUsd(nano)
  return copies ? <CopiedMoney nano={nano} shown={shown} /> : <PlainMoney nano={nano} shown={shown} />
}

type ShownProps = { readonly nano: string; readonly shown: string }

function PlainMoney({ nano, shown }: ShownProps) {
  const { near, hint } = useHint(wholeUsd(nano))
  return (
    <data className={classes['money']} value={exactUsd(nano)} {...near}>
      {shown}
      {hint}
    </data>
  )
}

function CopiedMoney({ nano, shown }: ShownProps) {
  const { copy, copied } = useClipboard()
  return (
    <Tooltip label={copied ? 'Copied' : `${wholeUsd(nano)} · click to copy`}>
      <UnstyledButton className={classes['copied']} onClick={() => copy(exactUsd(nano))}>
        {shown}
        <VisuallyHidden>, exactly {wholeUsd(nano)}: copy</VisuallyHidden>
      </UnstyledButton>
    </Tooltip>
  )
}
