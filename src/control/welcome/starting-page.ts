/** What a person is shown who comes while the server starts: that it does, until the page that they came for is there. */
import { hash } from 'node:crypto'
import { mark } from './mark.ts'
import { colours } from './welcome-style.ts'

/** What the header `refresh` says: the address is loaded again by itself, without a script, unless there is a `#` in it. */
export const againSeconds = '2'

const style = `${colours}
body { margin: 0; min-height: 100vh; display: grid; place-content: center; padding: 24px; box-sizing: border-box; text-align: center; background: var(--page); color: var(--ink); font: 16px/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif }
main { display: grid; justify-items: center; gap: 12px }
h1 { margin: 0; font-size: 26px; line-height: 1.25; letter-spacing: -.02em; font-weight: 650 }
p { margin: 0; max-width: 44ch; color: var(--soft) }
`

/**
 * For addresses with a `#`, as links that work once have: to load one of these again by `refresh` is to scroll within
 * the page that is shown (HTML, "navigate to a fragment"), and without it the link would be lost.
 */
const script = `if (location.hash) setTimeout(() => location.reload(), ${againSeconds}000)`

export const startingPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Starting · AICreditMart</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
${mark}
<h1>This gateway is starting</h1>
<p>That takes some seconds. This page loads again by itself until then. If it stays, whoever runs it sees why in its log.</p>
</main>
<script>${script}</script>
</body>
</html>
`

const sourceOf = (text: string): string => `'sha256-${hash('sha256', text, 'base64')}'`
/** Its own style and script, and nothing else. */
export const startingPolicy = `default-src 'none'; style-src ${sourceOf(style)}; script-src ${sourceOf(script)}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
