/** A message as JSON: its body is in base64. */

import type { Message } from '../contract/message.ts'

export interface StoredBody extends Omit<Message, 'body'> {
  readonly bodyBase64: string
}

export const storedMessage = {
  write: ({ body, ...rest }: Message): StoredBody => ({ ...rest, bodyBase64: body.toString('base64') }),
  read: ({ bodyBase64, ...rest }: StoredBody): Message => ({
    ...rest,
    body: Buffer.from(bodyBase64, 'base64'),
  }),
}
