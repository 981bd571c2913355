import { Progress, Stack, Text } from '@mantine/core'
import type { PageKeyJson } from '../../../../src/control/contract-pages.ts'
import { When } from '../../ui/figures.tsx'
import { shownUsd } from '../../ui/format.ts'
import { Gauge } from '../../ui/gauge.tsx'

type BudgetGaugeProps = { readonly of: PageKeyJson; readonly isSmall?: boolean }

const periods = { day: 'a day', week: 'a week', month: 'a month', total: 'in all' } as const

/** What of a key's budget is gone; in words where it has none. */
export function BudgetGauge({ of, isSmall = false }: BudgetGaugeProps) {
  const { budgetNano, budgetPeriod, budgetSpentNano, budgetHeldNano, budgetResetsAt } = of
  if (budgetNano === null) return <span>{isSmall ? 'none' : 'It has no budget: it may spend whatever there is.'}</span>
  const [used, held, limit] = [budgetSpentNano, budgetHeldNano, budgetNano].map((nano) => BigInt(nano ?? '0'))
  const words = `${shownUsd(budgetNano)} ${periods[budgetPeriod ?? 'total']}`
  if (isSmall)
    return (
      <Stack gap={4} w={140}>
        <Text size="xs">
          {shownUsd(budgetSpentNano ?? '0')} of {words}
        </Text>
        <Progress
          value={shareOf(used!, limit!)}
          size={6}
          aria-label={`Budget: ${shownUsd(budgetSpentNano ?? '0')} of ${words}`}
        />
      </Stack>
    )
  return (
    <Gauge
      label={`Budget ${periods[budgetPeriod ?? 'total']}`}
      used={used!}
      held={held!}
      limit={limit!}
      shown={(nano) => shownUsd(nano.toString())}
      {...(budgetResetsAt !== null && {
        about: (
          <>
            Begins anew <When at={budgetResetsAt} isAgo />
          </>
        ),
      })}
    />
  )
}

const shareOf = (part: bigint, whole: bigint): number =>
  Math.min(100, Number((part * 100n) / (whole === 0n ? 1n : whole)))
