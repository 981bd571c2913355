/** How a command fails, in words for people. */

/** A wrong command line; exit 2. Its message is one line. `field`: what the server calls what is wrong, and begins its message with. */
export class UsageError extends Error {
  readonly field: string | null

  constructor(message: string, field: string | null = null) {
    super(message)
    this.name = 'UsageError'
    this.field = field
  }
}

/** The server refused, failed or is not there; exit 1. Its message is one line. */
export class ServerError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ServerError'
  }
}
