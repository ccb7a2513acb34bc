/** The faults of a hub by the words of the features. */

import type { FaultDefinition } from 'mock-iot-hub'
import { HarnessError } from '../../driver/client-driver.ts'

type Fault = Pick<FaultDefinition, 'name' | 'parameters'>

function refuse(code: number): Fault {
  return { name: 'mqtt.connack.code', parameters: { code } }
}

const BY_WORDS: Readonly<Record<string, Fault>> = {
  'refuse the credentials': refuse(5),
  'refuse the user name or password': refuse(4),
  'be unavailable': refuse(3),
  'refuse the client identifier': refuse(2),
  'refuse the protocol version': refuse(1),
  'answer CONNECT with a reserved code': refuse(6),
  'close instead of accepting': { name: 'mqtt.connack.close' },
  'stay silent when asked to connect': { name: 'mqtt.connack.withhold' },
  'drop the connection right after accepting it': { name: 'mqtt.connack.drop_after' },
  'close instead of acknowledging': { name: 'mqtt.puback.close' },
  'withhold an acknowledgement': { name: 'mqtt.puback.withhold' },
  'withhold the answer to a ping': { name: 'mqtt.pingresp.withhold' },
  'withhold the answer to a subscription': { name: 'mqtt.suback.withhold' },
  'close instead of answering a twin request': { name: 'twin.response.close' },
  'answer a twin request after the next one': { name: 'twin.response.reorder' },
  'answer a twin request with something that is not JSON': {
    name: 'twin.response.body',
    parameters: { body: '{"desired":' },
  },
  'send a desired patch that is not JSON': { name: 'twin.desired.body', parameters: { body: '{"fan":' } },
  'reset connections': { name: 'tcp.refuse' },
  'show a certificate of an unknown authority': { name: 'tls.unknown_ca' },
  'show a certificate for another name': { name: 'tls.wrong_name' },
  'demand a client certificate': { name: 'tls.require_client_cert' },
  'stay silent when asked to register': { name: 'dps.register.withhold' },
  'stay silent when polled': { name: 'dps.poll.withhold' },
  'close instead of answering a registration': { name: 'dps.register.close' },
  'close instead of answering a poll': { name: 'dps.poll.close' },
  'answer a poll with something that is not JSON': {
    name: 'dps.poll.body',
    parameters: { body: '{"status":' },
  },
  'refuse HTTPS connections': { name: 'http.refuse' },
  'close instead of answering a request': { name: 'http.close' },
  'answer a request with something that is not JSON': { name: 'http.body' },
}

/** The words with a number or a name in them. */
const BY_PATTERN: readonly (readonly [RegExp, (found: string) => Fault])[] = [
  [/^accept (\d+) seconds late$/, (found) => late('mqtt.connack.delay', found)],
  [/^acknowledge (\d+) seconds late$/, (found) => late('mqtt.puback.delay', found)],
  [/^answer a twin request (\d+) seconds late$/, (found) => late('twin.response.delay', found)],
  [/^answer a request (\d+) seconds late$/, (found) => late('http.delay', found)],
  [
    /^answer a twin request with status (\d+)$/,
    (found) => ({ name: 'twin.response.status', parameters: { status: Number(found) } }),
  ],
  [
    /^answer a request with status (\d+)$/,
    (found) => ({ name: 'http.status', parameters: { status: Number(found) } }),
  ],
  [
    /^stay at assigning for (\d+) polls?$/,
    (found) => ({ name: 'dps.register.assigning', parameters: { times: Number(found) } }),
  ],
  [/^ask (\d+) seconds after a registration$/, (found) => wait('dps.register', found)],
  [/^ask (\d+) seconds after a poll$/, (found) => wait('dps.poll', found)],
  [/^answer a registration with status (\d+)$/, (found) => answer('dps.register', found)],
  [/^answer a poll with status (\d+)$/, (found) => answer('dps.poll', found)],
  [
    /^end a registration as (\w+)$/,
    (found) => ({ name: 'dps.register.result', parameters: { status: found } }),
  ],
  [
    /^speak only the cipher ([\w-]+)$/,
    (found) => ({ name: 'tls.cipher_allowlist', parameters: { ciphers: found } }),
  ],
]

function wait(at: string, seconds: string): Fault {
  return { name: `${at}.retry_after`, parameters: { seconds: Number(seconds) } }
}

/** A status that says later comes with the time to wait. */
const LATER_SECONDS = 6

function answer(at: string, status: string): Fault {
  return { name: `${at}.status`, parameters: { status: Number(status), retryAfter: LATER_SECONDS } }
}

function late(name: string, seconds: string): Fault {
  return { name, parameters: { seconds: Number(seconds) } }
}

/** @throws HarnessError for unknown words. */
export function hubFault(words: string): FaultDefinition {
  const known = BY_WORDS[words]
  if (known !== undefined) return known
  for (const [pattern, make] of BY_PATTERN) {
    const found = pattern.exec(words)?.[1]
    if (found !== undefined) return make(found)
  }
  throw new HarnessError(`No fault is defined for "the hub is going to ${words}"`)
}
