/** For tests: the pages' API with people who sign in as anybody does. */
import { setImmediate } from 'node:timers/promises'
import { openBrowser, openTestPeople, type TestPeopleOptions } from '../../people/test-people.ts'
import { startTestPages } from '../test-pages.ts'

export async function openAccounts(options: TestPeopleOptions = {}) {
  const opened = openTestPeople(options)
  const clock = { now: () => opened.time.now, monotonic: () => opened.time.monotonic }
  const server = await startTestPages({ deps: { people: opened.people, clock } })
  const { handle } = server
  const browser = (address?: string) => openBrowser({ handle }, address === undefined ? {} : { address })
  const organization = async (name: string) =>
    (await server.ask('POST', '/organizations', { name })).json['id'] as string
  return { ...opened, server, handle, browser, organization }
}

export const tokenIn = (text: string): string => /#([\w-]+)/.exec(text)![1]!

/** Until what was begun after an answer is done. */
export async function settled(): Promise<void> {
  await setImmediate()
  await setImmediate()
}
