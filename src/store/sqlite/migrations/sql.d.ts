/** Imported `with { type: 'text' }`: the file's own text, to the byte. */
declare module '*.sql' {
  const text: string
  export default text
}
