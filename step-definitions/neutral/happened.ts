/** Whether the hub has done what a call that succeeded reports: no client may report what did not happen. */

import type { JournalEntry } from 'mock-iot-hub'
import type { DriverRequest } from '../driver/client-driver.ts'
import { packets, topicOf } from '../world/wire.ts'

/** The topics of telemetry, and of the answers to requests about twins that went well. */
const TELEMETRY = /^devices\/[^/]+(\/modules\/[^/]+)?\/messages\/events\//
const TWIN_ANSWER = /^\$iothub\/twin\/res\/2\d\d\//

/**
 * @param since what the hub has recorded from the start of the call to its end.
 * @returns what the hub did, in words; undefined: nothing that the success could stand for.
 */
export function happened(request: DriverRequest, since: readonly JournalEntry[]): string | undefined {
  switch (request.do) {
    case 'connect':
    case 'updateSasToken':
      return accepted(since) ? 'the hub has accepted a connection' : undefined
    case 'sendTelemetry':
    case 'sendOutput':
      return acknowledged(since) ? 'the hub has acknowledged the message' : undefined
    case 'getTwin':
    case 'patchReported':
      return packets(since, 'publish', 'out').some(({ packet }) => TWIN_ANSWER.test(topicOf(packet)))
        ? 'the hub has answered the request'
        : undefined
    case 'uploadInfo':
    case 'notifyUpload':
    case 'invokeMethod':
      return since.some((entry) => entry.type === 'request' && Math.floor(entry.status / 100) === 2)
        ? 'the hub has answered the request'
        : undefined
    case 'provisionRegister':
      return packets(since, 'publish', 'out').some(({ packet }) => isAssignment(packet))
        ? 'the service has assigned the device'
        : undefined
    default:
      return undefined
  }
}

/** Whether the hub has accepted a connection. */
export function accepted(entries: readonly JournalEntry[]): boolean {
  return packets(entries, 'connack', 'out').some(
    ({ packet }) => (packet as { readonly returnCode?: number }).returnCode === 0,
  )
}

/** Whether a message that was published in these entries has its PUBACK. */
function acknowledged(entries: readonly JournalEntry[]): boolean {
  const sent = packets(entries, 'publish').filter(({ packet }) => TELEMETRY.test(topicOf(packet)))
  return packets(entries, 'puback', 'out').some((ack) =>
    sent.some((publish) => publish.linkId === ack.linkId && idOf(publish.packet) === idOf(ack.packet)),
  )
}

function isAssignment(packet: object): boolean {
  const { payload } = packet as { readonly payload?: Buffer }
  return (
    topicOf(packet).startsWith('$dps/registrations/res/200/') &&
    payload?.toString().includes('"status":"assigned"') === true
  )
}

function idOf(packet: object): number | undefined {
  return (packet as { readonly messageId?: number }).messageId
}
