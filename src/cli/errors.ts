/** How a command fails, in words for people. */

/** A wrong command line; exit 2. Its message is one line. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** The server refused, failed or is not there; exit 1. Its message is one line. */
export class ServerError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ServerError'
  }
}
