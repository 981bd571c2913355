/** Another e-mail address: who has it, who is told, and what a stranger or a thief makes of it. */
import { describe, expect, test } from 'bun:test'
import { goodPassword } from '../../people/test-people.ts'
import { joinAsNewcomer } from '../../people/use-links.ts'
import { openAccounts, settled, tokenIn } from './test-accounts.ts'

async function opened() {
  const all = await openAccounts({ hasMail: true, publicUrl: 'http://gateway.test' })
  const ann = await all.someone('ann@example.com', 'Ann')
  const signedIn = async (email = 'ann@example.com') => {
    const page = all.browser()
    await page.signIn(email)
    return page
  }
  /** Asks for another address, and gives what was mailed. */
  const ask = async (page: ReturnType<typeof all.browser>, email: string, password = goodPassword) => {
    const before = all.mails.length
    const { status, json } = await page.post('/api/account/email', { email, password })
    await settled()
    return { status, json, mails: all.mails.slice(before) }
  }
  const confirm = (page: ReturnType<typeof all.browser>, token: string) => page.post('/api/confirm-email', { token })
  /** Gives Ann another address, and the token by which that is undone. */
  const change = async (page: ReturnType<typeof all.browser>, email: string): Promise<string> => {
    const { mails } = await ask(page, email)
    expect((await confirm(page, tokenIn(mails[0]!.text))).status).toBe(200)
    return tokenIn(all.mails.at(-1)!.text)
  }
  return { ...all, ann, signedIn, ask, confirm, change }
}

const another = 'another horse battery'
const codeOf = ({ json }: { json: Record<string, any> }): string | undefined => json['error']?.code // oxlint-disable-line typescript/no-explicit-any

describe('another address', () => {
  test('is one’s own once the link that was sent to it is opened; every other session ends, and that is in the audit log', async () => {
    const { ann, signedIn, ask, confirm, store, browser, passesEnded } = await opened()
    const [page, phone] = [await signedIn(), await signedIn()]
    const { status, mails } = await ask(page, 'Ann@New.example')
    expect(status).toBe(202)
    expect(mails).toMatchObject([{ to: 'ann@new.example' }])
    expect(mails[0]!.text).toContain('http://gateway.test/confirm-email#')
    expect(store.person(ann)).toMatchObject({ email: 'ann@example.com' })
    passesEnded.length = 0
    const confirmed = await confirm(page, tokenIn(mails[0]!.text))
    expect(confirmed.json).toEqual({ email: 'ann@new.example', isSignedIn: true })
    expect(passesEnded).toEqual([ann])
    expect(store.person(ann)).toMatchObject({ email: 'ann@new.example', isVerified: true })
    expect([(await page.get('/api/account')).status, (await phone.get('/api/account')).status]).toEqual([200, 401])
    expect((await browser().signIn('ann@example.com')).status).toBe(401)
    expect((await browser().signIn('ann@new.example')).status).toBe(200)
    expect(store.audit({ organizationId: null, from: null, to: null, beforeId: null, max: 3 })).toMatchObject([
      { action: 'email-undo.link-made', subject: ann },
      {
        action: 'person.email-changed',
        actor: { id: ann, name: 'Ann' },
        before: { email: 'ann@example.com' },
        after: { email: 'ann@new.example' },
      },
      { action: 'email.link-made', subject: ann, after: { email: 'ann@new.example' } },
    ])
  })

  test('needs the password, and a server that sends mail; else an operator gives the link', async () => {
    const { signedIn, ask, browser } = await opened()
    const page = await signedIn()
    expect(codeOf(await ask(page, 'ann@new.example', 'not the password'))).toBe('wrong_password')
    expect((await ask(page, 'ann@example.com')).json['error']).toMatchObject({ field: 'email' })
    expect((await browser().post('/api/account/email', { email: 'a@b.example' })).status).toBe(401)
    const silent = await openAccounts()
    const ann = await silent.someone('ann@example.com')
    await silent.someone('olga@example.com')
    const alone = silent.browser()
    await alone.signIn('ann@example.com')
    const asked = await alone.post('/api/account/email', { email: 'ann@new.example', password: goodPassword })
    expect(codeOf(asked)).toBe('mail_missing')
    const operator = silent.browser()
    await operator.signIn('olga@example.com')
    const link = (email: string) => operator.post(`/api/operator/people/${ann}/email-link`, { email })
    expect(codeOf(await link('olga@example.com'))).toBe('email_taken')
    const { json } = await link('ann@new.example')
    const token = tokenIn(json['url'] as string)
    expect((await silent.browser().post('/api/links/look', { kind: 'email', token })).json).toMatchObject({
      email: 'ann@new.example',
      hasAccount: false,
    })
    const confirmed = await silent.browser().post('/api/confirm-email', { token })
    expect(confirmed.json).toEqual({ email: 'ann@new.example', isSignedIn: false })
    // Nobody vouched for the address, and no session of before is left.
    expect(silent.store.person(ann)).toMatchObject({ email: 'ann@new.example', isVerified: false })
    expect((await alone.get('/api/account')).status).toBe(401)
  })

  test('that somebody has is answered the same and as soon; its mailbox alone is told, and has no link', async () => {
    const { signedIn, someone, mails, confirm, ask, store, ann } = await opened()
    await someone('bob@example.com')
    const page = await signedIn()
    const asked = async (email: string) => {
      const { status, json } = await page.post('/api/account/email', { email, password: goodPassword })
      return { status, json, mailsAtOnce: mails.length }
    }
    expect(await asked('bob@example.com')).toEqual({ status: 202, json: {}, mailsAtOnce: 0 })
    await settled()
    expect(mails.map(({ to, text }) => [to, text.includes('#')])).toEqual([['bob@example.com', false]])
    mails.length = 0
    expect(await asked('carol@example.com')).toEqual({ status: 202, json: {}, mailsAtOnce: 0 })
    await settled()
    // One who comes while the link is under way has it.
    await someone('carol@example.com')
    expect(codeOf(await confirm(page, tokenIn(mails[0]!.text)))).toBe('email_taken')
    expect(store.person(ann)).toMatchObject({ email: 'ann@example.com' })
    const others = await Promise.all(Array.from({ length: 4 }, () => ask(page, 'ann@new.example')))
    expect(others.filter((each) => codeOf(each) === 'too_many_mails')).toHaveLength(1)
    expect(others.filter(({ status }) => status === 202)).toHaveLength(3)
  })

  test('is given by a link once, by none that another took the place of, and not after a day', async () => {
    const { signedIn, ask, confirm, browser, time } = await opened()
    const page = await signedIn()
    const first = tokenIn((await ask(page, 'one@new.example')).mails[0]!.text)
    const second = tokenIn((await ask(page, 'two@new.example')).mails[0]!.text)
    expect(codeOf(await confirm(page, first))).toBe('link_not_valid')
    const both = await Promise.all([confirm(page, second), confirm(browser(), second)])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 410])
    const third = tokenIn((await ask(await signedIn('two@new.example'), 'three@new.example')).mails[0]!.text)
    time.now += 24 * 3_600_000
    expect(codeOf(await confirm(page, third))).toBe('link_not_valid')
  })

  test('takes with it the links for a new password that the address of before was sent', async () => {
    const { signedIn, change, tokenFor, browser } = await opened()
    const token = tokenFor({ kind: 'password', email: 'ann@example.com' })
    await change(await signedIn(), 'ann@new.example')
    expect(codeOf(await browser().post('/api/reset-password', { token, password: another }))).toBe('link_not_valid')
  })
})

describe('an address that a thief changed', () => {
  test('is taken back by the link that its mailbox was sent, with another password, however often it was changed since', async () => {
    const { signedIn, change, store, ann, browser, ask } = await opened()
    const thief = await signedIn()
    const undo = await change(thief, 'one@evil.example')
    const theirs = await change(thief, 'two@evil.example')
    const { mails } = await ask(thief, 'three@evil.example')
    const owner = browser()
    const back = await owner.post('/api/take-back', { token: undo, password: another })
    expect(back).toMatchObject({ status: 200, json: { next: 'home' } })
    expect(store.person(ann)).toMatchObject({ email: 'ann@example.com', isVerified: true })
    expect((await thief.get('/api/account')).status).toBe(401)
    expect((await owner.get('/api/account')).json).toMatchObject({ email: 'ann@example.com' })
    const tries = [
      await browser().post('/api/take-back', { token: theirs, password: another }),
      await browser().post('/api/take-back', { token: undo, password: another }),
      await browser().post('/api/confirm-email', { token: tokenIn(mails[0]!.text) }),
    ]
    expect(tries.map(codeOf)).toEqual(Array.from({ length: 3 }, () => 'link_not_valid'))
    for (const email of ['one@evil.example', 'two@evil.example', 'ann@example.com'])
      expect((await browser().signIn(email)).status).toBe(401)
    expect((await browser().signIn('ann@example.com', another)).status).toBe(200)
  })

  test('is not given away by a link to a mailbox that nobody knew to be its person’s', async () => {
    const { mails, use, tokenFor, browser, ask } = await opened()
    const purpose = { kind: 'invitation', email: 'typo@example.com', organizationId: 'org_a', role: 'viewer' } as const
    await joinAsNewcomer(use, tokenFor(purpose, false), { name: 'Bob', password: goodPassword })
    const page = browser()
    await page.signIn('typo@example.com')
    const asked = await ask(page, 'bob@example.com')
    await page.post('/api/confirm-email', { token: tokenIn(asked.mails[0]!.text) })
    expect(mails.at(-1)).toMatchObject({ to: 'typo@example.com', subject: 'Your address at gateway.test was changed' })
    expect(mails.at(-1)!.text).not.toContain('#')
  })
})
