import { expect, test } from 'bun:test'
import { scrubber } from './scrub.ts'

const names = { upstreamModel: 'gpt-prod', askedModel: 'gpt-5.4' }
const scrubbed = (text: string): unknown => scrubber(['contoso.example', undefined, 'ab'])(text, names)

test('every way of naming an account is taken out', () => {
  const told: Readonly<Record<string, string>> = {
    'in projects/acme-prod/locations/eu': 'in projects/…/locations/eu',
    'of project 123456789012.': 'of project ….',
    "consumer 'project_number:123456789012'": "consumer 'project …'",
    'see https://console.cloud.google.com/x?project=acme&y=1': 'see https://console.cloud.google.com/x?project=…&y=1',
    'project gen-lang-client-0123456789': 'project …',
    'for service-1@gcp-sa-aiplatform.iam.gserviceaccount.com': 'for …',
    'organization org-aB3dEf on': 'organization org-… on',
    'Project `proj_aB3dEf` has': 'Project `proj_…` has',
    'at https://contoso-eu.openai.azure.com/openai': 'at https://…/openai',
    'at contoso.services.ai.azure.com': 'at …',
    'id /subscriptions/0-1-2/resourceGroups/rg': 'id /subscriptions/…',
    'key sk-proj-****abcd given': 'key sk-… given',
    'key AIzaSyA1234567 given': 'key … given',
    'token ya29.a0Ab-cd_ef given': 'token … given',
    'host contoso.example:': 'host …:',
  }
  for (const [text, expected] of Object.entries(told)) expect(scrubbed(text)).toBe(expected)
})

test('a name is a word of its own, and replaced by the one that was asked for', () => {
  expect(scrubbed('gpt-prod, models/gpt-prod: `gpt-prod`.')).toBe('gpt-5.4, models/gpt-5.4: `gpt-5.4`.')
  for (const text of ['gpt-prod-2', 'my-gpt-prod', 'gpt-prod.1', 'xgpt-prod', 'gpt-production', 'ab'])
    expect(scrubbed(text)).toBe(text)
})

test('a name that the client wrote itself is left alone', () => {
  expect(scrubber([])('gpt.x failed', { upstreamModel: 'gpt.x', askedModel: 'gpt.x' })).toBe('gpt.x failed')
})

test('nothing in a name is a pattern', () => {
  const special = { upstreamModel: 'a.b(c)', askedModel: '$&$1' }
  expect(scrubber([])('a.b(c) axb(c)', special)).toBe('$&$1 axb(c)')
})

test('values of every shape are kept', () => {
  const value = { a: [1, null, true, { b: 'plain', project: { id: 1 } }], c: 1.5 }
  expect(scrubber([])(value, names)).toEqual(value)
})

test('links stay unless they lead to the account', () => {
  const link = (url: string) => ({ '@type': 'type.googleapis.com/google.rpc.Help', links: [{ url }] })
  const open = link('https://ai.google.dev/gemini-api/docs')
  const details = [open, link('https://console.cloud.google.com/x?project=acme')]
  expect(scrubber([])({ details }, names)).toEqual({ details: [open] })
})
