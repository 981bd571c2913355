import { useEffect, useState } from 'react'
import classes from './code.module.css'
import { Copy } from './copy.tsx'

export type Language = 'python' | 'typescript' | 'bash' | 'json'

type CodeProps = {
  readonly code: string
  readonly language: Language
  /** What it is, for its copy button. */
  readonly label: string
}

/** Code to read and to copy. Colours come when what makes them has loaded, and move nothing. */
export function Code({ code, language, label }: CodeProps) {
  const html = useHighlighted(code, language)
  return (
    <div className={classes['code']}>
      {/* A line is never broken; long ones are scrolled to, by keyboard too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>
        {html === null ? (
          <code>{code}</code>
        ) : (
          // What highlight.js gives is the code, escaped, in spans of its own.
          // oxlint-disable-next-line react/no-danger
          <code dangerouslySetInnerHTML={{ __html: html }} />
        )}
      </pre>
      <div className={classes['copy']}>
        <Copy text={code} label={`Copy: ${label}`} />
      </div>
    </div>
  )
}

/** Of other code than is asked for now, it is not there yet. */
function useHighlighted(code: string, language: Language): string | null {
  const [made, setMade] = useState<{ readonly code: string; readonly html: string } | null>(null)
  useEffect(() => {
    let isWanted = true
    // Where it is of a build that was replaced, the code stays in one colour.
    void import('./highlight.ts').then(
      ({ highlight }) => {
        if (isWanted) setMade({ code, html: highlight(code, language) })
      },
      () => undefined,
    )
    return () => {
      isWanted = false
    }
  }, [code, language])
  return made?.code === code ? made.html : null
}
