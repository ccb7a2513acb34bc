/** Reads the device-to-cloud messages of a hub at its Event Hubs-compatible endpoint, found from the host of the hub. */

import { HarnessError } from '../driver/client-driver.ts'
import type { Message, RawAmqpClient } from './amqp-client.ts'
import type { ReadMessage } from './hub-under-test.ts'

export interface EventHub {
  readonly entity: string
  readonly partitions: readonly string[]
}

const REDIRECT = /^amqps?:\/\/[^/]+\/([^/]+)/
const ANY_PARTITION = 'messages/events/ConsumerGroups/$Default/Partitions/0'

/**
 * The hub redirects a reader of its own host to the endpoint, which lists its partitions.
 * @param token of a policy that may read.
 */
export async function findEventHub(
  client: RawAmqpClient,
  hostName: string,
  token: string,
): Promise<EventHub> {
  const put = await client.putToken(hostName, token)
  if (put.status !== 200) throw new HarnessError(`The token of the service is refused: ${put.description}`)
  const condition = await client.opened(ANY_PARTITION)
  const { error } = client.receive(ANY_PARTITION).link as unknown as {
    readonly error?: { readonly info?: Readonly<Record<string, string>> }
  } // rhea's typings have no info
  const [, entity] = REDIRECT.exec(error?.info?.['address'] ?? '') ?? []
  if (condition !== 'amqp:link:redirect' || entity === undefined)
    throw new Error(
      `A reader of events is not redirected: ${String(condition)} ${JSON.stringify(error?.info)}`,
    )
  const { status, description, body } = await client.ask('$management', {
    ...{ operation: 'READ', type: 'com.microsoft:eventhub', name: entity, security_token: token },
  })
  if (status !== 200) throw new Error(`The endpoint does not list its partitions: ${description}`)
  return { entity, partitions: (body as { readonly partition_ids: readonly string[] }).partition_ids }
}

export function partitionNode({ entity }: EventHub, group: string, partition: string): string {
  return `${entity}/ConsumerGroups/${group}/Partitions/${partition}`
}

/** Opens all partitions for what is stored from a time on. @param sinceMs epoch milliseconds. */
export async function readFrom(
  client: RawAmqpClient,
  hub: EventHub,
  sinceMs: number,
): Promise<readonly string[]> {
  const nodes = hub.partitions.map((partition) => partitionNode(hub, '$Default', partition))
  for (const node of nodes) {
    client.receive(node, `amqp.annotation.x-opt-enqueued-time > '${String(sinceMs)}'`)
    const condition = await client.opened(node)
    if (condition !== undefined) throw new Error(`${node} cannot be read: ${condition}`)
  }
  return nodes
}

/** System properties that an event has among those of the application. */
const STAMPS: ReadonlySet<string> = new Set(['iothub-creation-time-utc', 'iothub-outputname'])

/** An event in the terms of the features. */
export function readMessage(message: Message): ReadMessage {
  const annotations = (message.message_annotations ?? {}) as Readonly<Record<string, unknown>>
  const application = (message.application_properties ?? {}) as Readonly<Record<string, string | null>>
  // Some stamps of the hub are annotations, others stand beside the properties of the application.
  const text = (name: string): string | undefined => {
    const value = annotations[name] ?? application[name]
    return typeof value === 'string' ? value : undefined
  }
  const body: unknown = message.body
  const content: unknown = (body as { readonly content?: unknown } | undefined)?.content ?? body
  const enqueued = annotations['x-opt-enqueued-time']
  const moduleId = text('iothub-connection-module-id')
  return {
    deviceId: text('iothub-connection-device-id') ?? '',
    moduleId,
    body: Buffer.isBuffer(content)
      ? content
      : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content ?? '')),
    properties: Object.fromEntries(Object.entries(application).filter(([name]) => !STAMPS.has(name))),
    system: {
      messageId: message.message_id,
      correlationId: message.correlation_id,
      userId: Buffer.isBuffer(message.user_id) ? message.user_id.toString() : message.user_id,
      contentType: message.content_type,
      contentEncoding: message.content_encoding,
      to: message.to,
      moduleId,
      source: text('iothub-message-source'),
      authMethod: text('iothub-connection-auth-method'),
      authGenerationId: text('iothub-connection-auth-generation-id'),
      modelId: text('dt-dataschema'),
      componentName: text('dt-subject'),
      interfaceId: text('iothub-interface-id'),
      outputName: text('iothub-outputname'),
      creationTimeUtc: text('iothub-creation-time-utc'),
      enqueuedAt: enqueued instanceof Date ? enqueued.getTime() : enqueued,
      sequenceNumber: annotations['x-opt-sequence-number'],
    },
  }
}
