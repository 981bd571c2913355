/** Imported `with { type: 'text' }`: the file's own text, to the byte. */
declare module '*.md' {
  const text: string
  export default text
}
