import { useState, type ReactNode } from 'react'
import { ask } from '../../api/client.ts'
import { goOn, type Next } from './go-on.ts'
import { OutsideForm } from './outside-form.tsx'
import { EmailField, NameField, NewPasswordField } from './person-fields.tsx'

export type NewcomerFormProps = {
  /** The route that makes the account. */
  readonly path: `/api/${string}`
  readonly token: string
  readonly submit: string
  /** Whose address it is, where the link says it; null: whoever comes says it. */
  readonly email: string | null
  /** Where they go behind it. */
  readonly to?: string
  readonly children?: ReactNode
}

/** Makes an account by a link, and signs in. */
export function NewcomerForm({ path, token, submit, email: known, to, children }: NewcomerFormProps) {
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const make = async (): Promise<void> => {
    const body = { token, name, password, ...(known === null && { email }) }
    goOn(await ask<Next>(path, { method: 'POST', body }), to)
  }
  return (
    <OutsideForm submit={submit} onSubmit={make}>
      {children}
      {known === null && <EmailField value={email} onChange={setEmail} isFirst />}
      {/* For password managers, which keep it beside the password. */}
      {known !== null && <input type="email" hidden readOnly autoComplete="username" value={known} />}
      <NameField value={name} onChange={setName} />
      <NewPasswordField value={password} onChange={setPassword} />
    </OutsideForm>
  )
}
