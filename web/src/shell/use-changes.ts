/** Lists that follow what happens in an organization, for as long as somebody looks. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { LiveFrameJson } from '../../../src/control/contract-pages.ts'
import { urlOf } from '../api/client.ts'
import { useEvents } from '../api/events.ts'
import { organizationKey } from '../api/queries.ts'
import { useOrganization } from './organization.ts'

/** A list is read anew at most this often, ms. */
const againMs = 1_000

/** Reads lists of the organization anew, by the names in their query keys, when requests ended. */
export function useChanges(isWanted: boolean, names: readonly string[]): void {
  const { organization, mode, may } = useOrganization()
  const client = useQueryClient()
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const url = urlOf(`/api/organizations/${encodeURIComponent(organization.id)}/live`, { mode })
  useEvents(isWanted && may('requests.read') ? url : null, (event) => {
    if ((event as LiveFrameJson).newest.length === 0) return
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      for (const name of names)
        void client.invalidateQueries({ queryKey: organizationKey(organization.id, mode, name) })
    }, againMs)
  })
  useEffect(() => () => clearTimeout(timer.current), [])
}
