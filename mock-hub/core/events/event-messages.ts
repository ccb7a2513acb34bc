/**
 * Event messages of the hub itself in the event stream: changes of twins and digital twins, lifecycle and connection
 * state of identities (WIRE-EVT-01 to WIRE-EVT-06). `settings.eventSources` names the sources that are on.
 */

import type { Hub } from '../contract/hub.ts'
import type { Identity } from '../contract/identity.ts'
import type { EventSource } from '../contract/message.ts'
import { startConnectionEvents } from './connection-events.ts'
import { EventSender } from './event-sender.ts'
import { digitalTwinChange, twinChange, wholeTwin } from './event-bodies.ts'

type EventHub = Pick<
  Hub,
  'hostName' | 'commits' | 'settings' | 'clock' | 'registry' | 'twins' | 'journal' | 'telemetry'
>

/** Starts the events of a source. @returns stops. */
type Start = (hub: EventHub, sender: EventSender) => () => void

const STARTS: Readonly<Record<EventSource, Start>> = {
  twinChangeEvents: ({ twins }, sender) =>
    twins.onChange((change) => {
      const { type, twin } = change
      const isWhole = type === 'replaced'
      sender.send({
        source: 'twinChangeEvents',
        identity: twin.identity,
        opType: isWhole ? 'replaceTwin' : 'updateTwin',
        body: isWhole ? wholeTwin(twin) : twinChange(change),
      })
    }),
  digitalTwinChangeEvents: ({ twins }, sender) =>
    twins.onChange(({ before, twin }) => {
      // Devices that name a model have a digital twin.
      if (twin.modelId === '') return
      const body = digitalTwinChange(before, twin)
      if (body.length === 0) return
      const { identity } = twin
      sender.send({ source: 'digitalTwinChangeEvents', identity, opType: 'updateTwin', body })
    }),
  deviceLifecycleEvents({ registry, twins }, sender) {
    const send = (identity: Identity, opType: string, body: ReturnType<typeof wholeTwin>): void => {
      sender.send({ source: 'deviceLifecycleEvents', identity, opType, body })
    }
    const stops = [
      registry.onChange(({ type, record: { identity, deviceScope } }) => {
        if (type !== 'created') return
        const scope = deviceScope === undefined ? {} : { deviceScope }
        send(identity, 'createDeviceIdentity', { ...wholeTwin(twins.get(identity)), ...scope })
      }),
      twins.onRemove((twin) => {
        send(twin.identity, 'deleteDeviceIdentity', wholeTwin(twin))
      }),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  },
  deviceConnectionStateEvents: startConnectionEvents,
}

/** Starts to send event messages. @param time renders epoch ms. @returns stops. */
export function startEventMessages(hub: EventHub, time: (ms: number) => string): () => void {
  const sender = new EventSender(hub, time)
  const stops = [...new Set(hub.settings.eventSources)].map((source) => STARTS[source](hub, sender))
  return () => {
    for (const stop of stops) stop()
  }
}
