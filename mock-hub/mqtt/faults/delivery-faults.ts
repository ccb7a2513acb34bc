/** Faults of deliveries to a device: cloud-to-device messages, inputs, method requests, desired patches. */

import type { Clock } from '../../base/clock.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import { jsonText, keepFloats } from '../../base/json-floats.ts'
import { readJson } from '../../base/json-text.ts'
import type { Faults } from '../../core/contract/faults.ts'
import type { Publication } from '../outgoing-queue.ts'
import { number } from './packet-faults.ts'

/** Where such a fault can be injected: the name of its type without the last part. */
export type DeliveryPoint = 'c2d.delivery' | 'input.delivery' | 'method.request' | 'twin.desired'

/** Sends a publication, or does with it what an armed fault says. */
export function deliver(
  { faults, clock }: { readonly faults: Faults; readonly clock: Clock },
  point: DeliveryPoint,
  identity: string,
  publication: Publication,
  send: (publication: Publication) => void,
): void {
  const match = faults.idle ? undefined : faults.match(point, identity)
  if (match === undefined) {
    send(publication)
    return
  }
  const { effect, parameters } = match
  switch (effect) {
    case 'withhold':
      return
    case 'delay':
      clock.schedule(number(parameters['seconds'], 1) * 1000, () => {
        send(publication)
      })
      return
    case 'repeat':
      send(publication)
      // With its key it is sent again with the same packet id and DUP; without a key it is another message.
      if (parameters['dup'] === false) send({ ...publication, key: undefined, onDone: undefined })
      else send(publication.qos === 0 ? { ...publication, onDone: undefined } : publication)
      return
    case 'topic':
      send({ ...publication, topic: text(parameters['topic']) })
      return
    case 'body':
      send({ ...publication, payload: text(parameters['body']) })
      return
    case 'version': {
      const $version = number(parameters['version'], 1)
      // The payload is an object that the hub has written.
      const patch = readJson(publication.payload.toString()) as JsonObject
      const topic = publication.topic.replace(/\$version=\d+/, `$version=${$version}`)
      send({ ...publication, topic, payload: jsonText(keepFloats({ ...patch, $version }, patch)) })
      return
    }
  }
}

/** A string as it is, anything else as JSON. */
function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}
