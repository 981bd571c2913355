import { Loader, Text } from '@mantine/core'
import { useIsFetching } from '@tanstack/react-query'
import { isAway } from '../api/client.ts'
import classes from './away.module.css'

/** While the server does not answer what is shown stays, and this says why it is not of now. It is told to those who listen, too. */
export function Away() {
  const waiting = useIsFetching({ predicate: ({ state }) => isAway(state.fetchFailureReason) })
  return (
    <output className={classes['place']}>
      {waiting > 0 && (
        <Text span size="sm" className={classes['words'] ?? ''}>
          <Loader size={14} color="gray" aria-hidden />
          The server does not answer. This page goes on by itself as soon as it does.
        </Text>
      )}
    </output>
  )
}
