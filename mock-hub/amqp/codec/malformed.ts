/** What a client has sent that is no AMQP 1.0, or breaks a rule of it. */

/** The connection cannot go on: it is closed with this condition. */
export class AmqpViolation extends Error {
  override readonly name = 'AmqpViolation'
  /** A symbol of the specification, such as `amqp:decode-error`. */
  readonly condition: string

  /** @param message what was expected and what came, for the client and the log. */
  constructor(condition: string, message: string) {
    super(message)
    this.condition = condition
  }
}

export function malformed(message: string): AmqpViolation {
  return new AmqpViolation('amqp:decode-error', message)
}
