/**
 * Loaded in front of `npm test -- --unit`: a password is hashed for the least that argon2id takes, instead of the
 * 20 ms that are meant to be dear. What it is asked for is what is served.
 */
const { hash } = Bun.password

Bun.password.hash = (password, asked) =>
  hash(password, typeof asked === 'object' ? { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 } : asked)
