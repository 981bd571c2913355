/** Colours of code; loaded when there is some. */
import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import json from 'highlight.js/lib/languages/json'
import python from 'highlight.js/lib/languages/python'
import typescript from 'highlight.js/lib/languages/typescript'

const languages = { bash, json, python, typescript }
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language)

/** Code as HTML, escaped. */
export const highlight = (code: string, language: keyof typeof languages): string =>
  hljs.highlight(code, { language }).value
