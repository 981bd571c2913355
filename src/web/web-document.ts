/** The one document of the web app, and what it may do. */
import { escapeHtml } from '../lib/html.ts'

export type DocumentParts = {
  /** Names of files: the app, its style, what chooses light or dark before anything is painted, and the icon. */
  readonly script: string
  readonly style: string
  readonly scheme: string
  readonly icon: string
}

/** The document; scripts and styles run by the nonce, which stands in its policy too. */
export const webDocument = ({ script, style, scheme, icon }: DocumentParts, nonce: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>AICreditMart</title>
<link rel="icon" href="${assetUrl(icon)}" type="image/svg+xml">
<script nonce="${nonce}" src="${assetUrl(scheme)}"></script>
<link rel="stylesheet" href="${assetUrl(style)}">
<script nonce="${nonce}" type="module" src="${assetUrl(script)}"></script>
</head>
<body>
<div id="root"><p class="first-paint">AICreditMart</p></div>
<noscript><p>These pages need JavaScript. The <a href="/docs">API reference</a> does not, and <code>mart</code>, the command line, does the same as they do.</p></noscript>
</body>
</html>
`

const assetUrl = (name: string): string => `/assets/${escapeHtml(name)}`

/**
 * Scripts by the nonce, and what those import, so that nothing that this server gives out otherwise can be run as one.
 * Pictures and videos of answers are shown from memory.
 */
export const webPolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data: blob:",
    'media-src blob:',
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
