import { Badge } from '@mantine/core'

type SecondFactors = { readonly hasSecondFactor: boolean; readonly hasPasskey: boolean }

/** What stands behind somebody's password. */
export const SecondFactorBadge = ({ hasSecondFactor, hasPasskey }: SecondFactors) =>
  hasSecondFactor || hasPasskey ? (
    <Badge color="mart">{hasSecondFactor ? 'On' : 'Passkey'}</Badge>
  ) : (
    <Badge color="gray">Off</Badge>
  )
