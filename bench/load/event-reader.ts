/** A reader of the Event Hubs-compatible endpoint over bare AMQP: all partitions, with sufficient credit. */
import { once } from 'node:events'
import rhea, { type Connection, type EventContext } from 'rhea'
import type { Ready } from '../servers/server.ts'

const CREDIT = 1_000

export interface EventReader {
  /** Events read so far. */
  readonly count: () => number
  /** Settles when this many events have been read. */
  until(count: number): Promise<void>
  close(): Promise<void>
}

/** Authenticates with SASL PLAIN and opens no link. */
export async function openAmqp(ready: Ready): Promise<Connection> {
  const { key, name } = credentials(ready)
  const connection = rhea.create_container().connect({
    host: '127.0.0.1',
    port: ready.amqpPort ?? 0,
    transport: 'tls',
    servername: 'localhost',
    ca: ready.caPem,
    hostname: 'localhost',
    username: name,
    password: key,
    reconnect: false,
  })
  await once(connection, 'connection_open')
  return connection
}

/** Reads the events that arrive from now on. */
export async function readEvents(ready: Ready, partitions: number): Promise<EventReader> {
  const connection = await openAmqp(ready)
  let count = 0
  let wanted = Number.POSITIVE_INFINITY
  let reached = (): void => undefined
  connection.on('message', ({ receiver }: EventContext) => {
    receiver?.add_credit(1)
    if (++count >= wanted) reached()
  })
  const latest = rhea.filter.selector("amqp.annotation.x-opt-offset > '@latest'")
  const links = Array.from({ length: partitions }, (_, id) =>
    connection.open_receiver({
      source: {
        address: `${credentials(ready).entity}/ConsumerGroups/$Default/Partitions/${String(id)}`,
        filter: latest,
      },
      credit_window: 0,
      autoaccept: true,
    }),
  )
  await Promise.all(links.map((link) => once(link, 'receiver_open')))
  for (const link of links) link.add_credit(CREDIT)
  return {
    count: () => count,
    until: (enough) =>
      count >= enough
        ? Promise.resolve()
        : new Promise((resolve) => {
            wanted = enough
            reached = resolve
          }),
    close: async () => {
      const closed = once(connection, 'connection_close')
      connection.close()
      await closed
    },
  }
}

function credentials({ eventHubConnectionString = '' }: Ready): {
  key: string
  name: string
  entity: string
} {
  const part = (name: string): string =>
    new RegExp(`(?:^|;)${name}=([^;]*)`).exec(eventHubConnectionString)?.[1] ?? ''
  return { key: part('SharedAccessKey'), name: part('SharedAccessKeyName'), entity: part('EntityPath') }
}
