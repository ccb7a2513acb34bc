/**
 * A hub that runs outside the suite: another mock, or a real IoT Hub. The environment variable `CONFORMANCE_HUB` has
 * its location, in JSON. Scenarios that need time require a control listener like that of mock-iot-hub; without one, they
 * are not supported. Messages come from there, or over AMQP from the endpoint for events.
 */

import { controlAt } from './control-listener.ts'
import { pause, systemTime } from '../driver/clock.ts'
import { RawAmqpClient } from './amqp-client.ts'
import { findEventHub, readFrom, readMessage } from './event-hub.ts'
import type { Waits } from './mqtt-client.ts'
import { token } from './token.ts'
import { connectionStringParts, type HubUnderTest, type ReadMessage } from './hub-under-test.ts'
import { type ProvisioningLocation, remoteProvisioning } from './provisioning/remote-provisioning.ts'

export interface HubLocation {
  readonly serviceConnectionString: string
  /** The address to dial. Default: the host name of the connection string. */
  readonly address?: string | undefined
  readonly mqttPort: number
  readonly httpsPort: number
  readonly amqpPort?: number | undefined
  /** The hub adds its own events to the device-to-cloud messages. */
  readonly hasEvents?: boolean
  readonly caPem?: string | undefined
  /** The URL of its control listener. */
  readonly control?: string | undefined
  /** The provisioning service to which it is linked. */
  readonly provisioning?: ProvisioningLocation | undefined
}

const POLL_MS = 50
/** Time for messages to reach the hub before its clock moves. */
const ARRIVAL_MS = 100
/** The clock of a hub elsewhere may be as much behind. */
const CLOCK_SKEW_MS = 5_000
const HOUR_S = 3_600

/** The location of the hub under test; undefined: each scenario starts its own. */
export function remoteHubLocation(): HubLocation | undefined {
  const text = process.env['CONFORMANCE_HUB']
  return text === undefined ? undefined : (JSON.parse(text) as HubLocation) // written by run-suite.ts
}

/** @throws HarnessError when the control listener cannot be reached. */
export async function remoteHub(location: HubLocation, activity: Waits): Promise<HubUnderTest> {
  const {
    serviceConnectionString,
    mqttPort,
    httpsPort,
    amqpPort,
    hasEvents = false,
    caPem,
    control,
  } = location
  const { HostName: hostName = '' } = connectionStringParts(serviceConnectionString)
  const address = location.address ?? hostName
  const about = {
    ...{ hostName, address, mqttPort, httpsPort, amqpPort, hasEvents, caPem },
    provisioning: await remoteProvisioning(location.provisioning, { hostName, address, caPem, control }),
  }
  if (control === undefined) {
    const hub = { ...about, serviceConnectionString, now: systemTime.now }
    if (amqpPort === undefined) return hub
    return { ...hub, messages: eventsOf({ ...about, amqpPort }, serviceConnectionString, activity) }
  }

  let aheadMs = 0
  const call = controlAt(control)
  const readClock = async (): Promise<void> => {
    const { epochMs } = (await call('GET', '/clock')) as { readonly epochMs: number } // docs/control.md
    aheadMs = epochMs - systemTime.now()
  }
  await readClock()
  const { length: before } = (await call('GET', '/telemetry')) as readonly unknown[]

  return {
    ...about,
    serviceConnectionString,
    now: () => systemTime.now() + aheadMs,
    async pass(seconds) {
      await pause(ARRIVAL_MS)
      await call('POST', '/clock/advance', { by: seconds })
      await readClock()
    },
    async messages(count) {
      let all: readonly TelemetryDocument[] = []
      let isWaiting = true
      const poll = async (): Promise<void> => {
        while (isWaiting) {
          all = (await call('GET', '/telemetry')) as readonly TelemetryDocument[] // docs/control.md
          if (all.length - before >= count) {
            isWaiting = false
            activity.record()
          } else await pause(POLL_MS)
        }
      }
      const polled = poll()
      try {
        await activity.eventually(() => !isWaiting, `The arrival of ${String(count)} messages`)
      } finally {
        isWaiting = false
        await polled
      }
      return all.slice(before).map(messageOf)
    },
  }
}

type AmqpLocation = Pick<HubUnderTest, 'address' | 'hostName' | 'caPem'> & { readonly amqpPort: number }

/** Without a control listener, the messages of a scenario come from the endpoint for events; opened at the first use. */
function eventsOf(
  { amqpPort: port, ...to }: AmqpLocation,
  serviceConnectionString: string,
  activity: Waits,
): NonNullable<HubUnderTest['messages']> {
  const startedAt = systemTime.now()
  const read: ReadMessage[] = []
  let opened: Promise<{ readonly client: RawAmqpClient; readonly nodes: readonly string[] }> | undefined
  const open = async (): Promise<{ readonly client: RawAmqpClient; readonly nodes: readonly string[] }> => {
    const client = await RawAmqpClient.open({ ...to, port }, activity)
    const { SharedAccessKeyName: skn, SharedAccessKey: key = '' } =
      connectionStringParts(serviceConnectionString)
    const sr = encodeURIComponent(to.hostName)
    const se = String(Math.floor(startedAt / 1_000) + HOUR_S)
    const hub = await findEventHub(client, to.hostName, token({ sr, key, se, skn }))
    return { client, nodes: await readFrom(client, hub, startedAt - CLOCK_SKEW_MS) }
  }
  return async (count) => {
    const { client, nodes } = await (opened ??= open())
    const take = async (): Promise<void> => {
      for (const node of nodes)
        while (client.left(node) > 0) read.push(readMessage((await client.take(node)).message))
    }
    await pause(ARRIVAL_MS)
    await take()
    while (read.length < count) {
      await activity.eventually(() => nodes.some((node) => client.left(node) > 0), 'The arrival of a message')
      await take()
    }
    return read
  }
}

/** A message in the format of the control listener. */
interface TelemetryDocument extends Omit<ReadMessage, 'body'> {
  readonly enqueuedTime: string
  /** A string when it is UTF-8. */
  readonly body: string | { readonly base64: string }
}

function messageOf({ body, system, ...rest }: TelemetryDocument): ReadMessage {
  const { deviceId, moduleId, properties, enqueuedTime, ...stamps } = rest
  return {
    ...{ deviceId, moduleId, properties },
    body: typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.base64, 'base64'),
    system: { ...system, ...stamps, moduleId, enqueuedAt: Date.parse(enqueuedTime) },
  }
}
