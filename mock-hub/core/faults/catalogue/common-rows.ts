/** Parameters and fault types that several points have. */

import type { FaultParameter } from '../../contract/faults.ts'
import type { Row } from './fault-types.ts'

export const SECONDS: FaultParameter = {
  type: 'number',
  description: 'how long, in seconds on the hub’s clock',
  default: 1,
  minimum: 0,
}

export const BODY: FaultParameter = {
  type: 'json',
  description: 'a string is sent as it is, any other value as JSON',
}

/** An HTTP status. @param otherwise the default. */
export const statusParameter = (otherwise: number): FaultParameter => ({
  type: 'integer',
  description: 'status of the answer',
  default: otherwise,
  minimum: 100,
  maximum: 599,
})

/** What can happen to any answer of the hub. */
export const ANSWER: readonly Row[] = [
  ['withhold', 'does not send it'],
  ['delay', 'sends it late', { seconds: SECONDS }, { seconds: 5 }],
  ['close', 'closes the link instead'],
  [
    'repeat',
    'sends it several times',
    { times: { type: 'integer', description: 'how often', default: 2, minimum: 2, maximum: 1_000 } },
    { times: 3 },
  ],
  ['reorder', 'sends it after the next packet of its type'],
  ['drop_after', 'sends it and closes the link'],
  ['malformed', 'sends a malformed packet instead'],
]

/** What can happen to anything that the hub delivers to a device. @param point see `faultTypes`. */
export const deliveryRows = (point: string): readonly Row[] => [
  ['withhold', 'does not send it'],
  ['delay', 'sends it late', { seconds: SECONDS }, { seconds: 5 }],
  [
    'repeat',
    'sends it twice',
    {
      dup: {
        type: 'boolean',
        description:
          'QoS 1: true sends the copy with DUP and the same packet id, false sends it as another message',
        default: true,
      },
    },
    { dup: false },
  ],
  [
    'topic',
    'sends it on this topic, whatever the device has subscribed to',
    { topic: { type: 'string', description: 'an MQTT topic', required: true } },
    { topic: point.replace('.', '/') },
  ],
  ['body', 'sends this body instead', { body: { ...BODY, required: true } }, { body: '{"fan":' }],
]
