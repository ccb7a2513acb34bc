/**
 * A hub that somebody else runs: another mock, or a real IoT Hub. The environment variable `CONFORMANCE_HUB` says where, in
 * JSON. Levers are there when it has a control listener as this product's own hub does; scenarios that need one are not
 * judged otherwise.
 */

import { pause, systemTime } from '../driver/clock.ts'
import { HarnessError } from '../driver/client-driver.ts'
import { connectionStringParts, type HubUnderTest, type ReadMessage } from './hub-under-test.ts'

export interface HubPlace {
  readonly serviceConnectionString: string
  /** Where to dial, when it is not the host name of the connection string. */
  readonly address?: string | undefined
  readonly mqttPort: number
  readonly httpsPort: number
  readonly caPem?: string | undefined
  /** URL of its control listener. */
  readonly control?: string | undefined
}

const POLL_MS = 50
/** What has been sent reaches the hub before its time moves. */
const ARRIVAL_MS = 100

/** Where the hub on trial is; undefined: each scenario starts one. */
export function hubPlace(): HubPlace | undefined {
  const text = process.env['CONFORMANCE_HUB']
  return text === undefined ? undefined : (JSON.parse(text) as HubPlace) // written by the program that reads it
}

/** @throws HarnessError when its control listener cannot be reached. */
export async function hubElsewhere(place: HubPlace): Promise<HubUnderTest> {
  const { serviceConnectionString, mqttPort, httpsPort, caPem, control } = place
  const { HostName: hostName = '' } = connectionStringParts(serviceConnectionString)
  const about = { hostName, address: place.address ?? hostName, mqttPort, httpsPort, caPem }
  if (control === undefined) return { ...about, serviceConnectionString, now: systemTime.now }

  let aheadMs = 0
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const url = `${control.replace(/\/$/, '')}${path}`
    const sent =
      body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const answer = await fetch(url, { method, ...sent }).catch((error: unknown) => {
      throw new HarnessError(`The control listener at ${control} cannot be reached: ${String(error)}`)
    })
    if (answer.ok) return answer.json()
    throw new HarnessError(`${method} ${url} was answered with ${String(answer.status)}`)
  }
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
      for (;;) {
        const all = (await call('GET', '/telemetry')) as readonly TelemetryDocument[] // docs/control.md
        if (all.length - before >= count) return all.slice(before).map(messageOf)
        await pause(POLL_MS)
      }
    },
  }
}

/** A message as the control listener tells it. */
interface TelemetryDocument extends Omit<ReadMessage, 'body'> {
  readonly enqueuedTime: string
  /** Text where it is UTF-8. */
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
