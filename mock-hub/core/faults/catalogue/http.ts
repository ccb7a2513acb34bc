/** Faults of the devices' HTTPS endpoints and of the IoT Edge workload API. */

import type { FaultType } from '../../contract/faults.ts'
import { BODY, SECONDS, statusParameter } from './common-rows.ts'
import { faultTypes, type Row } from './fault-types.ts'

export const HTTP: readonly FaultType[] = faultTypes(
  'http',
  'identity',
  'a request to a device endpoint, or a method call',
  [
    ['status', 'answers with this status', { status: statusParameter(500) }, { status: 503 }],
    ['body', 'answers 200 with this body', { body: BODY }, { body: '<html>' }],
    ['delay', 'answers late', { seconds: SECONDS }, { seconds: 5 }],
    ['close', 'closes the connection instead of answering'],
    ['refuse', 'resets the connection; without a scope, before TLS begins'],
  ],
)

const FAIL: Row = ['fail', 'answers with this status', { status: statusParameter(500) }, { status: 503 }]

export const EDGE: readonly FaultType[] = [
  ...faultTypes('edge.trust_bundle', 'everyone', 'a request for the trust bundle', [FAIL]),
  ...faultTypes('edge.sign', 'everyone', 'a request to sign', [FAIL]),
  ...faultTypes('edge', 'everyone', 'a connection to the workload API', [['refuse', 'closes it at once']]),
]
