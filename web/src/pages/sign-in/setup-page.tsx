import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { sessionQuery } from '../../api/queries.ts'
import { ask } from '../../api/client.ts'
import { goOn, type Next } from './go-on.ts'
import { NewcomerForm } from './newcomer-form.tsx'
import { OutsideForm, OutsidePage } from './outside-form.tsx'
import { WithLink } from './with-link.tsx'

export function SetupPage() {
  const { data: session } = useQuery(sessionQuery)
  return (
    <OutsidePage
      title="Become an operator"
      about="Operators run this gateway: organizations, credit, deployments, prices."
    >
      <WithLink
        kind="operator"
        missing="Open the link that `npm start` or `npx mart operator link` printed: it has a token behind its #."
      >
        {(_link, token) =>
          session?.person ? (
            <OutsideForm
              submit={`Go on as ${session.person.email}`}
              onSubmit={async () =>
                goOn(
                  await ask<Next>('/api/setup/accept', { method: 'POST', body: { token } }),
                  '/operator/organizations',
                )
              }
            >
              <Button variant="subtle" component="a" href="/account" size="xs">
                This is not me
              </Button>
            </OutsideForm>
          ) : (
            <NewcomerForm path="/api/setup" token={token} email={null} submit="Make my account" />
          )
        }
      </WithLink>
    </OutsidePage>
  )
}
