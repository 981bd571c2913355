/** Changes an answer, or one chunk of it, into what the provider posed as would send. */
export type Dress = (answer: object, isLast: boolean) => object
