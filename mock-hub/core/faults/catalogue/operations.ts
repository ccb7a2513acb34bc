/** Faults of twins, methods, messages and file uploads, whatever the protocol. */

import type { FaultType } from '../../contract/faults.ts'
import { ANSWER, BODY, deliveryRows, SECONDS, statusParameter } from './common-rows.ts'
import { faultTypes } from './fault-types.ts'

export const OPERATIONS: readonly FaultType[] = [
  ...faultTypes('twin.response', 'identity', 'the response to a twin request', [
    [
      'status',
      'responds with this status and the service’s body for it',
      { status: statusParameter(500) },
      { status: 429 },
    ],
    ['body', 'responds with this body', { body: { ...BODY, required: true } }, { body: '{"desired":' }],
    [
      'unknown_rid',
      'responds to another request id',
      { requestId: { type: 'string', description: 'left out: the right one with a suffix' } },
      { requestId: 'nobody' },
    ],
    ...ANSWER,
  ]),
  ...faultTypes('twin.desired', 'identity', 'a notification of desired properties', [
    ...deliveryRows('twin.desired'),
    [
      'version',
      'sends it with this $version, to make a gap or a step back',
      { version: { type: 'integer', description: '$version to send', required: true, minimum: 1 } },
      { version: 1 },
    ],
  ]),
  ...faultTypes('c2d.delivery', 'identity', 'a cloud-to-device message', deliveryRows('c2d.delivery')),
  ...faultTypes('input.delivery', 'identity', 'a message for a module input', deliveryRows('input.delivery')),
  ...faultTypes('method.request', 'identity', 'a method request', deliveryRows('method.request')),
  ...faultTypes('method.response', 'identity', 'the response of a device to a method request', [
    ['withhold', 'drops the response, so that the caller gets a time-out'],
    ['delay', 'passes the response on late', { seconds: SECONDS }, { seconds: 5 }],
    ['close', 'closes the link of the device instead of accepting the response'],
    [
      'status',
      'gives the caller this status',
      { status: { type: 'integer', description: 'status of the method', default: 500 } },
      { status: 500 },
    ],
    ['body', 'gives the caller this payload', { body: { ...BODY, required: true } }, { body: null }],
  ]),
  ...faultTypes('telemetry.accept', 'identity', 'a telemetry message', [
    ['delay', 'stores and acknowledges it late', { seconds: SECONDS }, { seconds: 5 }],
    [
      'status',
      'refuses it with the service’s error of this status: over MQTT the link is closed, over HTTPS it is the answer',
      { status: statusParameter(429) },
      { status: 429 },
    ],
  ]),
  ...faultTypes('query', 'everyone', 'a query', [
    [
      'lag',
      'answers it from the twins as they were some time ago, but not before the fault was armed',
      { seconds: { ...SECONDS, default: 5 } },
      { seconds: 5 },
    ],
  ]),
  ...faultTypes('file_upload.response', 'identity', 'a request to start or to finish a file upload', [
    ['delay', 'answers late', { seconds: SECONDS }, { seconds: 5 }],
    [
      'status',
      'answers with the service’s error of this status',
      { status: statusParameter(500) },
      { status: 503 },
    ],
  ]),
  ...faultTypes('file_upload.storage', 'everyone', 'a request to the built-in storage', [
    ['refuse', 'answers 403, as the storage does for a signature that it does not accept'],
  ]),
]
