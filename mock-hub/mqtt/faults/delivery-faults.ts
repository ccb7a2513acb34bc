/** Levers that strike what the hub brings to a device: cloud-to-device messages, inputs, method requests, desired patches. */

import type { Clock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import type { Faults } from '../../core/contract/faults.ts'
import type { Publication } from '../outgoing-queue.ts'
import { number } from './packet-faults.ts'

/** Where such a lever may strike. */
export type DeliveryPoint = 'c2d.delivery' | 'input.delivery' | 'method.request' | 'twin.desired'

/** Sends a publication, or does with it what an armed lever wants. */
export function deliver(
  { faults, clock }: { readonly faults: Faults; readonly clock: Clock },
  point: DeliveryPoint,
  identity: string,
  publication: Publication,
  send: (publication: Publication) => void,
): void {
  const met = faults.idle ? undefined : faults.match(point, identity)
  if (met === undefined) {
    send(publication)
    return
  }
  const { effect, parameters } = met
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
      // Under its own key it goes out again with the packet id it has and DUP; without one it is another message.
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
      // The hub itself has made it, of an object.
      const patch = JSON.parse(publication.payload.toString()) as Record<string, Json>
      const topic = publication.topic.replace(/\$version=\d+/, `$version=${$version}`)
      send({ ...publication, topic, payload: JSON.stringify({ ...patch, $version }) })
      return
    }
  }
}

/** A text as it is, anything else as JSON. */
function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}
