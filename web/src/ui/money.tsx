import { Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { exactUsd, shownUsd, wholeUsd } from './format.ts'
import classes from './money.module.css'

export type MoneyProps = {
  /** Nano-USD, as the API says it; null where there is none. */
  readonly nano: string | null
  /** Whether a click copies the exact amount: for single figures, not for columns of them. */
  readonly copies?: boolean
}

/** An amount as its reader writes it; the exact one on hover, and to copy. */
export function Money({ nano, copies = false }: MoneyProps) {
  if (nano === null) return <span aria-label="none">–</span>
  return copies ? <CopiedMoney nano={nano} /> : <PlainMoney nano={nano} />
}

const PlainMoney = ({ nano }: { readonly nano: string }) => (
  <Tooltip label={wholeUsd(nano)}>
    <data className={classes['money']} value={exactUsd(nano)}>
      {shownUsd(nano)}
    </data>
  </Tooltip>
)

function CopiedMoney({ nano }: { readonly nano: string }) {
  const { copy, copied } = useClipboard()
  return (
    <Tooltip label={copied ? 'Copied' : `${wholeUsd(nano)} · click to copy`}>
      <UnstyledButton className={classes['copied']} onClick={() => copy(exactUsd(nano))}>
        {shownUsd(nano)}
        <VisuallyHidden>, exactly {wholeUsd(nano)}: copy</VisuallyHidden>
      </UnstyledButton>
    </Tooltip>
  )
}
