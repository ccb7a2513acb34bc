/** The actions of a client by the words of the features: "connects", "asks for its twin" … */

import type { DataTable } from '@cucumber/cucumber'
import type { DriverRequest, WireMessage } from '../../driver/client-driver.ts'
import { tokenFor } from '../../world/clients/client-factory.ts'
import type { CreatedClient } from '../../world/clients/created-client.ts'
import type { ConformanceWorld } from '../../world/world.ts'

type ToRequest = (client: CreatedClient, world: ConformanceWorld) => DriverRequest

const HELLO = messageFrom({ text: 'hello' })
const UPLOADED = { isSuccess: true, statusCode: 201, statusDescription: 'Created' }
const FORBIDDEN = { isSuccess: false, statusCode: 403, statusDescription: 'Forbidden' }

export const CLIENT_ACTIONS = {
  connects: ({ session }) => ({ do: 'connect', session }),
  disconnects: ({ session }) => ({ do: 'disconnect', session }),
  'shuts down': ({ session }) => ({ do: 'shutdown', session }),
  'updates its SAS token': ({ session, kind }, world) => ({
    do: 'updateSasToken',
    session,
    token: tokenFor(world, kind, 7_200),
  }),
  'sends a message': ({ session }) => ({ do: 'sendTelemetry', session, message: HELLO }),
  'sends a mapping': ({ session }) => ({
    do: 'sendTelemetry',
    session,
    message: { body: '', as: 'mapping' },
  }),
  'sends a message to an output': ({ session }) => ({
    do: 'sendOutput',
    session,
    message: HELLO,
    output: 'output1',
  }),
  'sends a mapping to an output': ({ session }) => ({
    do: 'sendOutput',
    session,
    message: { body: '', as: 'mapping' },
    output: 'output1',
  }),
  'sends too large a message to an output': ({ session }) => ({
    do: 'sendOutput',
    session,
    message: messageFrom({ text: 'x'.repeat(262_145) }),
    output: 'output1',
  }),
  'answers a method request': ({ session }) => ({
    do: 'respondMethod',
    session,
    status: 200,
    payload: { answered: true },
  }),
  'answers a method request with a payload that is not JSON': ({ session }) => ({
    do: 'respondMethod',
    session,
    status: 200,
    unwritable: true,
  }),
  'asks for its twin': ({ session }) => ({ do: 'getTwin', session }),
  'patches its reported properties': ({ session }) => ({
    do: 'patchReported',
    session,
    patch: { fan: 'on' },
  }),
  'patches its reported properties with a value that is not JSON': ({ session }) => ({
    do: 'patchReported',
    session,
    patch: null,
    unwritable: true,
  }),
  'asks where to upload a blob': ({ session }) => ({ do: 'uploadInfo', session, blobName: 'logs/day 1.txt' }),
  'reports an upload': ({ session }, world) => ({
    do: 'notifyUpload',
    session,
    correlationId: world.names.get('correlationId'),
    ...UPLOADED,
  }),
  'reports an upload that was forbidden': ({ session }, world) => ({
    do: 'notifyUpload',
    session,
    correlationId: world.names.get('correlationId'),
    ...FORBIDDEN,
  }),
  'invokes a method of a device': ({ session }) => ({
    do: 'invokeMethod',
    session,
    params: {
      methodName: 'measure',
      payload: { unit: 'C' },
      responseTimeoutInSeconds: 20,
      connectTimeoutInSeconds: 5,
    },
    // An id with a character that a path must encode.
    deviceId: 'device#2',
  }),
  'invokes a method of a module': ({ session }) => ({
    do: 'invokeMethod',
    session,
    params: { methodName: 'measure', payload: null },
    deviceId: 'device#2',
    // As above.
    moduleId: 'module#2',
  }),
  'receives a message': ({ session }) => ({ do: 'receiveMessage', session }),
  'receives an input message': ({ session }) => ({ do: 'receiveInput', session, input: 'input1' }),
  'looks at another input': ({ session }) => ({
    do: 'receiveInput',
    session,
    input: 'input2',
    block: false,
  }),
  'receives a method request': ({ session }) => ({ do: 'receiveMethod', session }),
  'receives a desired patch': ({ session }) => ({ do: 'receiveDesired', session }),
} as const satisfies Record<string, ToRequest>

export type ClientAction = keyof typeof CLIENT_ACTIONS

/** A message from rows: `text`, `as`, the system properties, and `property …` for each application property. */
export function messageFrom(rows: Readonly<Record<string, string>>): WireMessage {
  const properties: [string, string][] = []
  const rest: Record<string, string> = {}
  for (const [name, value] of Object.entries(rows)) {
    if (name.startsWith('property ')) properties.push([name.slice('property '.length), value])
    else if (name !== 'text') rest[name] = value
  }
  return { ...rest, body: Buffer.from(rows['text'] ?? '').toString('base64'), properties }
}

/** The rows of a table, as names and values. */
export function rowsOf(world: ConformanceWorld, table: DataTable): Readonly<Record<string, string>> {
  return Object.fromEntries(table.raw().map(([name = '', value = '']) => [name, world.names.fill(value)]))
}
