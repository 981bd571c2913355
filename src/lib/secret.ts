/**
 * A secret as a value that cannot be printed by mistake: template strings, JSON, logs and errors all
 * show `[secret]`. Whoever needs it says `reveal()`, and only where it goes out.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The secret itself, for the one place that sends it. */
  reveal(): string {
    return this.#value
  }

  /** Whether both hold the same. */
  equals(other: Secret): boolean {
    return this.#value === other.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }
}
