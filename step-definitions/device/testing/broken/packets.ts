/** Devices that are broken in the packets that they send, and in their telemetry. */

import { broken, type Variant } from './variant.ts'

const never = Infinity
export const quietFile = (every: string): object => ({
  does: { telemetry: { every, qos: 1, json: true, sequence: '$.n' }, c2d: { text: '{"led":"on"}' } },
  triggers: { start: { person: 'start' }, powerCycle: { person: 'power' } },
})

export const PACKETS: readonly Variant[] = [
  broken('D31', 'puts a wildcard into a topic name', {
    extraTopic: 'devices/thermostat-1/messages/events/+',
  }),
  broken('D32', 'publishes at QoS 2', { qos: 2 }),
  broken(
    'D33',
    'gives packet id 1 each time',
    { packetId: () => 1 },
    { kind: 'standard', alsoRuns: ['DUT-D2C-07'] },
  ),
  broken('D34', 'sets DUP on the first sending', { dupAtFirst: true }),
  broken('D35', 'never acknowledges a delivery', { acknowledges: 'never' }, { alsoRuns: ['DUT-C2D-01'] }),
  broken('D36', 'acknowledges in reverse order', { acknowledges: 'reverse' }),
  broken('D37', 'publishes to the topic of another device', {
    telemetryTopic: (own) => own.replace('thermostat-1', 'thermostat-2'),
  }),
  broken('D38', 'subscribes to six filters', {
    subscriptions: (own) => [
      ...own,
      '$iothub/twin/res/200/#',
      '$iothub/methods/POST/setLed/#',
      '$iothub/methods/POST/ping/#',
    ],
  }),
  broken(
    'D39',
    'pings every two keep-alives',
    { pingsAfter: 2 },
    { options: { telemetrySeconds: 600 }, file: quietFile('600s') },
  ),
  broken('D40', 'does not miss PINGRESP', { pingSeconds: never, inFlight: 1 }),
  broken('D41', 'goes on when it is told to stop', { stops: false }),
  broken(
    'D42',
    'asks for the twin at once, without waiting for SUBACK',
    { waitsForSuback: false },
    { warns: ['DUT-PROT-12'] },
  ),
  broken('D43', 'does not miss SUBACK', { subackSeconds: never }),
  broken('D44', 'stops reading after a malformed packet', { malformed: 'hang' }),
  broken('D45', 'sends nothing', { sendsTelemetry: () => false }),
  broken('D46', 'writes a space as +', { properties: '$.ct=application%2Fjson&$.ce=utf-8&room=first+floor' }),
  broken('D47', 'says no content type', { properties: 'room=first%20floor' }),
  broken('D48', 'sends 300 KB', {
    body: (fields) => JSON.stringify({ ...fields, blob: 'x'.repeat(300_000) }),
  }),
  broken('D49', 'forgets what was not acknowledged', { resends: 'never' }),
  broken('D50', 'throws away what it measures while away', { buffersWhileAway: false }),
  broken('D51', 'sends without a bound', { inFlight: never }),
  broken('D52', 'comes back at once when throttled', { pauseAfterDrop: 0.1, resetsPauses: true }),
]
