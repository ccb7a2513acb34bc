/** The error for bytes of a client that are not AMQP 1.0, or that break one of its rules. */

/** The connection, session or link cannot continue: the hub closes, ends or detaches it with this condition. */
export class AmqpViolation extends Error {
  override readonly name = 'AmqpViolation'
  /** A symbol of the specification, such as `amqp:decode-error`. */
  readonly condition: string
  readonly expected: string
  readonly received: string

  /**
   * @param received must not contain a secret.
   * @param text the service's own, for the client; default: what was expected and given.
   */
  constructor(condition: string, expected: string, received: string, text?: string) {
    super(text ?? `Expected ${expected}; given: ${received}.`)
    this.condition = condition
    this.expected = expected
    this.received = received
  }
}

/** The bytes cannot be decoded. */
export function malformed(expected: string, received: string): AmqpViolation {
  return new AmqpViolation('amqp:decode-error', expected, received)
}
