/** Faults of MQTT packets. */

import type { FaultParameter, FaultType } from '../../contract/faults.ts'
import { ANSWER } from './common-rows.ts'
import { faultTypes } from './fault-types.ts'

const code = (description: string, otherwise: number): FaultParameter => ({
  type: 'integer',
  description,
  default: otherwise,
  minimum: 0,
  maximum: 255,
})

export const MQTT: readonly FaultType[] = [
  ...faultTypes('mqtt.connack', 'identity', 'a CONNECT', [
    [
      'code',
      'answers CONNECT with this return code; 0 accepts it, which is useful in a sequence of codes',
      { code: code('CONNACK return code', 5) },
      { code: 3 },
    ],
    ...ANSWER.filter(([effect]) => effect !== 'reorder'),
    [
      'session_present',
      'sends this session-present flag, whether a session is stored or not',
      { value: { type: 'boolean', description: 'the flag', default: false } },
      { value: true },
    ],
  ]),
  ...faultTypes('mqtt.puback', 'identity', 'a PUBACK', [
    ...ANSWER,
    [
      'forge',
      'acknowledges another packet id',
      {
        packetId: { type: 'integer', description: 'left out: the next one', minimum: 1, maximum: 65_535 },
      },
      { packetId: 7 },
    ],
  ]),
  ...faultTypes('mqtt.suback', 'identity', 'a SUBACK', [
    ...ANSWER,
    [
      'code',
      'answers each filter with this return code',
      { code: code('SUBACK return code', 128) },
      { code: 128 },
    ],
  ]),
  ...faultTypes('mqtt.unsuback', 'identity', 'an UNSUBACK', ANSWER),
  ...faultTypes('mqtt.pingresp', 'identity', 'a PINGRESP', ANSWER),
  ...faultTypes('sessions', 'identity', 'arming', [
    ['forget', 'forgets the stored MQTT sessions; links that are open stay open'],
  ]),
]
