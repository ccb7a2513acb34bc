/**
 * Sends a message to a device or module: over AMQP at a hub elsewhere, as service SDKs do; over HTTPS
 * (docs/decisions/0078-back-ends-may-send-over-https.md) at the hub of this project, which is quicker. The outcome over
 * AMQP is given as the answer of the route.
 */

import { dataSection, type Message, type RawAmqpClient } from './amqp-client.ts'
import type { RawResponse } from './https-client.ts'

/** The answers of the route by the conditions of AMQP. */
const ANSWERS: ReadonlyMap<string, readonly [status: number, error: string]> = new Map([
  ['accepted', [204, '']],
  ['amqp:not-found', [404, 'DeviceNotFound']],
  ['amqp:resource-limit-exceeded', [403, 'DeviceMaximumQueueDepthExceeded']],
  ['amqp:link:message-size-exceeded', [413, 'MessageTooLarge']],
  ['com.microsoft:device-container-throttled', [429, 'ThrottlingException']],
  ['amqp:unauthorized-access', [401, 'IotHubUnauthorizedAccess']],
])

/** @param headers those of the route, in lower case: `iothub-messageid`, `iothub-app-x` … */
export async function sendDown(
  client: RawAmqpClient,
  to: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Promise<RawResponse> {
  const outcome = await client.send('/messages/devicebound', messageOf(to, headers, body))
  const [status, error] = ANSWERS.get(outcome) ?? [400, outcome]
  return {
    status,
    headers: error === '' ? {} : { 'iothub-errorcode': error },
    names: [],
    body: Buffer.from(error === '' ? '' : JSON.stringify({ Message: `ErrorCode:${error};${outcome}` })),
  }
}

function messageOf(to: string, headers: Readonly<Record<string, string>>, body: Buffer): Message {
  const application = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith('iothub-app-') ? [[name.slice('iothub-app-'.length), value] as const] : [],
  )
  const ack = headers['iothub-ack']
  const expiry = headers['iothub-expiry']
  const optional = {
    message_id: headers['iothub-messageid'],
    correlation_id: headers['iothub-correlationid'],
    user_id: headers['iothub-userid'],
    content_type: headers['iothub-contenttype'],
    content_encoding: headers['iothub-contentencoding'],
    absolute_expiry_time: expiry === undefined ? undefined : new Date(expiry),
  }
  return {
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<Message>),
    to,
    application_properties: {
      ...Object.fromEntries(application),
      ...(ack === undefined ? {} : { 'iothub-ack': ack }),
    },
    body: dataSection(body),
  }
}
