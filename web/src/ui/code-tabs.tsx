import { Tabs } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { Code, type Language } from './code.tsx'

export type Snippet = {
  readonly language: Language
  /** `Python`. */
  readonly title: string
  readonly code: string
}

/** One thing in several languages. The reader's choice holds for all, and for the next visit. */
export function CodeTabs({ label, snippets }: { readonly label: string; readonly snippets: readonly Snippet[] }) {
  const [chosen, choose] = useLocalStorage({
    key: 'mart-language',
    defaultValue: 'python',
    getInitialValueInEffect: false,
  })
  const shown = snippets.find(({ language }) => language === chosen) ?? snippets[0]
  if (!shown) return null
  return (
    <Tabs value={shown.language} onChange={(value) => value !== null && choose(value)} variant="pills" radius="md">
      <Tabs.List aria-label={label} mb="xs">
        {snippets.map(({ language, title }) => (
          <Tabs.Tab key={language} value={language}>
            {title}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {snippets.map(({ language, title, code }) => (
        <Tabs.Panel key={language} value={language}>
          <Code code={code} language={language} label={`${label} in ${title}`} />
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}
