import { Text } from '@mantine/core'
import type { RequestDetailsJson } from '../../../../src/control/contract-pages.ts'
import { shownDuration } from '../../ui/format.ts'
import classes from './attempts.module.css'

type Receipt = NonNullable<RequestDetailsJson['receipt']>
type Attempt = Receipt['attempts'][number]

/** Every try at a provider, over the time that the request took. */
export const Attempts = ({ receipt }: { readonly receipt: Receipt }) => (
  <section aria-label="Attempts">
    <Text size="sm" fw={600} mb={6}>
      Attempts
    </Text>
    <ol className={classes['attempts']}>
      {receipt.attempts.map((attempt, at) => (
        <li key={at}>
          <div className={classes['words']}>
            <span>
              {at + 1}. {attempt.region.toUpperCase()} · {outcomeOf(attempt)}
            </span>
            <span>{timesOf(attempt, receipt, at)}</span>
          </div>
          <Bar attempt={attempt} receipt={receipt} end={endOf(attempt, receipt, at)} />
        </li>
      ))}
    </ol>
  </section>
)

const outcomeOf = ({ status, error }: Attempt): string =>
  error === null ? `answered ${status ?? ''}` : `${status ?? ''} ${error}`.trim()

/** The last one goes on to the answer's end; those before it ended when they failed. */
const endOf = (attempt: Attempt, receipt: Receipt, at: number): number =>
  at === receipt.attempts.length - 1 && attempt.error === null ? receipt.latencyMs : attempt.endedMs

function timesOf(attempt: Attempt, receipt: Receipt, at: number): string {
  const took = shownDuration(endOf(attempt, receipt, at) - attempt.startedMs)
  return attempt.firstByteMs === null ? took : `first byte after ${shownDuration(attempt.firstByteMs)}, ${took} in all`
}

type BarProps = { readonly attempt: Attempt; readonly receipt: Receipt; readonly end: number }

function Bar({ attempt, receipt, end }: BarProps) {
  const whole = Math.max(1, receipt.latencyMs, ...receipt.attempts.map(({ endedMs }) => endedMs))
  const percent = (ms: number): number => (100 * Math.max(0, Math.min(whole, ms))) / whole
  const first = attempt.firstByteMs === null ? end : attempt.startedMs + attempt.firstByteMs
  const color = attempt.error === null ? 'var(--mantine-color-mart-6)' : 'var(--mantine-color-red-6)'
  return (
    <svg className={classes['bar']} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden>
      <rect width="100" height="6" fill="var(--mart-color-line)" />
      <rect
        x={percent(attempt.startedMs)}
        width={Math.max(0.6, percent(first - attempt.startedMs))}
        height="6"
        fill={color}
        opacity={0.45}
      />
      <rect x={percent(first)} width={percent(end - first)} height="6" fill={color} />
    </svg>
  )
}
