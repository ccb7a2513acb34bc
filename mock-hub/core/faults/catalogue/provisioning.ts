/** Faults of the provisioning service, whatever the protocol. The identity is the registration id. */

import type { FaultType } from '../../contract/faults.ts'
import { BODY, SECONDS, statusParameter } from './common-rows.ts'
import { faultTypes, type Row } from './fault-types.ts'

const answers = (status: number): readonly Row[] => [
  [
    'status',
    'answers with this status and the service’s body for it, and with retry-after where the service has it',
    {
      status: statusParameter(status),
      retryAfter: {
        type: 'integer',
        description: 'seconds of retry-after; left out: the setting',
        minimum: 0,
      },
    },
    { status, retryAfter: 5 },
  ],
  ['delay', 'answers late', { seconds: SECONDS }, { seconds: 5 }],
  ['withhold', 'does not answer'],
  ['close', 'closes the connection instead of answering'],
  ['body', 'answers with this body', { body: { ...BODY, required: true } }, { body: '{"operationId":' }],
  [
    'retry_after',
    'answers with this retry-after',
    { seconds: { type: 'integer', description: 'seconds', required: true, minimum: 0 } },
    { seconds: 10 },
  ],
]

export const PROVISIONING: readonly FaultType[] = [
  ...faultTypes('dps.register', 'identity', 'a registration request', [
    ...answers(429),
    [
      'assigning',
      'answers polls of this registration with assigning for a while, whatever is decided',
      { times: { type: 'integer', description: 'number of polls', default: 1, minimum: 1 } },
      { times: 3 },
    ],
    [
      'assign',
      'assigns the device to this hub, whatever the enrollment says',
      { hub: { type: 'string', description: 'host name of a linked hub', required: true } },
      { hub: 'localhost' },
    ],
    [
      'result',
      'ends the registration with this result, and leaves the device and its assignment as they are',
      {
        status: {
          type: 'string',
          description: 'how it ends',
          default: 'failed',
          oneOf: ['failed', 'disabled', 'unassigned'],
        },
        errorCode: { type: 'integer', description: 'of a failed registration', default: 400_208 },
        message: { type: 'string', description: 'errorMessage of a failed registration' },
      },
      { status: 'failed', errorCode: 400_209 },
    ],
  ]),
  ...faultTypes('dps.poll', 'identity', 'a request for the status of a registration', answers(429)),
]
