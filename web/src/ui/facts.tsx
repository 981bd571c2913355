import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './facts.module.css'

export type Fact = readonly [name: string, value: ReactNode]

/** Names and values of one thing, below each other. */
export const Facts = ({ label, facts }: { readonly label: string; readonly facts: readonly Fact[] }) => (
  <section aria-label={label}>
    <Text size="sm" fw={600} mb={6}>
      {label}
    </Text>
    <dl className={classes['facts']}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  </section>
)
