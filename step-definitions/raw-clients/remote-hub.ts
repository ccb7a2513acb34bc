/**
 * A hub that runs outside the suite: another mock, or a real IoT Hub. The environment variable `CONFORMANCE_HUB` has
 * its location, in JSON. Scenarios that need time or messages require a control listener like that of mock-iot-hub;
 * without one, they are not supported.
 */

import { pause, systemTime } from '../driver/clock.ts'
import { HarnessError } from '../driver/client-driver.ts'
import { connectionStringParts, type HubUnderTest, type ReadMessage } from './hub-under-test.ts'

export interface HubLocation {
  readonly serviceConnectionString: string
  /** The address to dial. Default: the host name of the connection string. */
  readonly address?: string | undefined
  readonly mqttPort: number
  readonly httpsPort: number
  readonly caPem?: string | undefined
  /** The URL of its control listener. */
  readonly control?: string | undefined
}

const POLL_MS = 50
/** Time for messages to reach the hub before its clock moves. */
const ARRIVAL_MS = 100

/** The location of the hub under test; undefined: each scenario starts its own. */
export function remoteHubLocation(): HubLocation | undefined {
  const text = process.env['CONFORMANCE_HUB']
  return text === undefined ? undefined : (JSON.parse(text) as HubLocation) // written by run-suite.ts
}

/** @throws HarnessError when the control listener cannot be reached. */
export async function remoteHub(location: HubLocation): Promise<HubUnderTest> {
  const { serviceConnectionString, mqttPort, httpsPort, caPem, control } = location
  const { HostName: hostName = '' } = connectionStringParts(serviceConnectionString)
  const about = { hostName, address: location.address ?? hostName, mqttPort, httpsPort, caPem }
  if (control === undefined) return { ...about, serviceConnectionString, now: systemTime.now }

  let aheadMs = 0
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const url = `${control.replace(/\/$/, '')}${path}`
    const sent =
      body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const response = await fetch(url, { method, ...sent }).catch((error: unknown) => {
      throw new HarnessError(`The control listener at ${control} cannot be reached: ${String(error)}`)
    })
    if (response.ok) return response.json()
    throw new HarnessError(`${method} ${url} failed with status ${String(response.status)}`)
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
