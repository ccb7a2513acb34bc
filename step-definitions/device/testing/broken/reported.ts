/**
 * Devices with mistakes that were reported of firmware and its libraries. `docs/devices.md` says how many of them the judge caught
 * at first look.
 */

import { sign } from '../good/token.ts'
import { broken, type Variant } from './variant.ts'

const CONTENT = '$.ct=application%2Fjson&$.ce=utf-8'
const LOSSES = ['DUT-RECON-01', 'DUT-RECON-02', 'DUT-RECON-04', 'DUT-RECON-05']
const OLD_TLS = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
const LARGEST = 262_144

const isText = (value: unknown): string => (typeof value === 'number' ? String(value) : (value as string))

export const REPORTED: readonly Variant[] = [
  broken(
    'D135',
    'repeats a message with the same id and without DUP',
    { resends: 'plain' },
    { kind: 'standard', alsoRuns: ['DUT-D2C-05'] },
  ),
  broken(
    'D136',
    'swaps the bytes of the packet id in its PUBACK',
    { pubackId: (id) => ((id & 255) << 8) | (id >> 8) },
    {
      alsoRuns: ['DUT-C2D-01'],
      also: {
        'DUT-TLS-13': 'the hub takes no other id for an acknowledgement',
        'DUT-C2D-01': 'the hub takes no other id for an acknowledgement',
        'DUT-C2D-03': 'the hub takes no other id for an acknowledgement',
        'DUT-C2D-05': 'the hub takes no other id for an acknowledgement',
        'DUT-C2D-04': 'the hub takes no other id for an acknowledgement',
        'DUT-TWIN-06': 'notifications wait behind what is not acknowledged',
      },
    },
  ),
  broken(
    'D137',
    'adds a handler at each connection, each of which acknowledges',
    { pubacks: (connections) => connections },
    { alsoRuns: ['DUT-C2D-04'] },
  ),
  broken('D138', 'answers methods at QoS 1 with packet ids of a second counter', { answerQos: 1 }),
  broken(
    'D139',
    'has packet ids of one byte, which pass 0',
    { packetId: (next) => next % 256 },
    {
      kind: 'standard',
      alsoRuns: ['DUT-D2C-07'],
      options: { telemetrySeconds: 0.3 },
      also: {
        'DUT-PROT-01': 'a packet id of 0 makes a packet that cannot be read',
        'DUT-ROB-05': 'the hub refuses it again and again',
      },
    },
  ),
  broken(
    'D140',
    'reads the request id of a method as a decimal number',
    {
      methodRid: (rid) => String(Number.parseInt(rid, 10) || 0),
    },
    {
      also: {
        'DUT-METH-06': 'its answer has the id of no request',
        'DUT-METH-07': 'the caller gets no answer',
      },
    },
  ),
  broken(
    'D141',
    'adds a handler for methods at each connection',
    { methodAnswers: (connections) => connections },
    { alsoRuns: ['DUT-METH-07'] },
  ),
  broken('D142', 'answers 200 to any method', { unknownStatus: 200 }, { warns: ['DUT-METH-03'] }),
  broken('D143', 'writes the payload of its answers as JSON in a JSON text', {
    methodPayload: (payload) => JSON.stringify(payload),
  }),
  broken(
    'D144',
    'reads the twin in a new session alone',
    { readsTwin: 'new session' },
    {
      alsoRuns: LOSSES,
      kind: 'standard',
      also: { 'DUT-TWIN-04': 'what changed meanwhile stands in the document that it does not read' },
    },
  ),
  broken(
    'D145',
    'reports JSON in a JSON text',
    {
      reportedBody: (patch) => JSON.stringify(JSON.stringify(patch)),
    },
    {
      also: {
        'DUT-TWIN-02': 'its reports are refused',
        'DUT-TWIN-04': 'its reports are refused',
        'DUT-TWIN-06': 'its reports are refused',
      },
    },
  ),
  broken('D146', 'repeats a failed patch at once', { patchPauseSeconds: 0 }),
  broken('D147', 'counts request ids for each pair', { rid: (next) => Math.ceil(next / 2).toString(16) }),
  broken(
    'D148',
    'subscribes to desired properties after it has read them',
    { listensAfterRead: true },
    { warns: ['DUT-TWIN-03'], alsoRuns: ['DUT-TWIN-02'] },
  ),
  broken('D149', 'writes its keep-alive in milliseconds', { keepAlive: 60_000 }, { warns: ['DUT-CONN-05'] }),
  broken(
    'D150',
    'writes a user name without the question mark',
    { username: (host, id) => `${host}/${id}/api-version=2021-04-12` },
    { warns: ['DUT-CONN-03'] },
  ),
  broken(
    'D151',
    'has a will at QoS 2',
    { will: 'devices/thermostat-1/messages/events/', willQos: 2 },
    { also: { 'DUT-PROT-02': 'a will at QoS 2 is QoS 2' } },
  ),
  broken(
    'D152',
    'sends CONNECT again on the same connection',
    { repeatsConnectSeconds: 5 },
    { also: { 'DUT-ROB-05': 'it waits for ever after the same blow' } },
  ),
  broken(
    'D153',
    'has two tasks that dial after a loss',
    { dialsTwice: true },
    { alsoRuns: ['DUT-RECON-01'] },
  ),
  broken('D154', 'compares the domain of a certificate alone', {
    tls: {
      checkServerIdentity: (host, { subjectaltname = '' }) =>
        subjectaltname.includes(host.slice(host.indexOf('.') + 1)) ? undefined : new Error('ALTNAME'),
    },
  }),
  broken('D155', 'takes a certificate that is signed by itself', {
    overlooks: (code) => code === 'DEPTH_ZERO_SELF_SIGNED_CERT',
  }),
  broken('D156', 'takes a certificate that is not valid yet', { overlooks: (code) => /NOT_YET/.test(code) }),
  broken('D157', 'gives up for good at the name of another host', {
    retriesAfterBadCertificate: (code) => !code.includes('ALTNAME'),
  }),
  broken('D158', 'takes TLS 1.0 after a failure', { tlsAfterFailure: OLD_TLS }),
  broken(
    'D159',
    'tries the port in clear after two failures',
    { clearPort: 0, clearAfterFailures: 2 },
    { alsoRuns: ['DUT-TLS-06'] },
  ),
  broken(
    'D160',
    'overflows its pause after six failures',
    {
      pause: (failures, random) =>
        failures > 6 ? 0.2 : Math.min(60, 1.5 * 2 ** failures) * (0.75 + random / 2),
    },
    { kind: 'extended', alsoRuns: ['DUT-RECON-09'] },
  ),
  broken('D161', 'encodes its properties twice', { properties: `${CONTENT}&room=first%2520floor` }),
  broken(
    'D162',
    'goes on after a packet that cannot be read',
    { malformed: 'ignore' },
    { warns: ['DUT-PROT-14'] },
  ),
  broken('D163', 'writes topics in Latin-1', {
    topicEncoding: 'latin1',
    properties: `${CONTENT}&room=caf\u00e9`,
  }),
  broken('D164', 'subscribes at QoS 2', { subscribeQos: 2 }, { warns: ['DUT-PROT-02'] }),
  broken('D165', 'reports its settings, with its key percent-encoded', {
    firstReport: ([key = '']) => ({ firmware: '1.0', settings: `k=${encodeURIComponent(key)}` }),
  }),
  broken('D166', 'takes a reset as the end', { survivesReset: false }),
  broken('D167', 'cleans its session and subscribes once', {
    clean: () => true,
    subscribesAgain: () => false,
  }),
  broken('D168', 'dies of an empty message', {
    dislikes: (topic, body) => topic.includes('devicebound') && body.length === 0,
  }),
  broken('D169', 'waits two hours after CONNACK 3', {
    pauseAfterRefusal: (code) => (code === 3 ? 7_200 : undefined),
  }),
  broken('D170', 'notifies with a correlation id of its own', { uploadCorrelation: () => '1' }),
  broken('D171', 'skips packets above 256 bytes', { discardsAbove: 256 }),
  broken('D172', 'publishes desired properties', {
    extraTopic: '$iothub/twin/PATCH/properties/desired/?$rid=77',
  }),
  broken('D173', 'counts the body of a message alone', {
    body: (fields) => {
      const empty = JSON.stringify({ ...fields, blob: '' })
      return JSON.stringify({ ...fields, blob: 'x'.repeat(LARGEST - empty.length) })
    },
  }),
  broken('D174', 'makes a new token with the end of the first', {
    token: (() => {
      let first: number | undefined
      return (resource, key, seconds, policy) => sign(resource, key, (first ??= seconds), policy)
    })(),
  }),
  broken('D175', 'leaves desired properties out when it subscribes again', {
    subscriptions: (own, connections) =>
      connections > 0 ? own.filter((filter) => !filter.includes('desired')) : own,
  }),
  broken('D176', 'speaks MQTT 5', { protocol: { name: 'MQTT', level: 5 } }),
  broken('D177', 'has a blank at the end of its client id', { clientId: (id) => `${id} ` }),
  broken('D178', 'names the port in its user name', {
    username: (host, id) => `${host}:8883/${id}/?api-version=2021-04-12`,
  }),
  broken('D179', 'leaves the flags of SUBSCRIBE at 0', { subscribeFlags: 0 }),
  broken(
    'D180',
    'sends its last answer again when it has connected',
    { repeatsAnswer: true },
    { alsoRuns: ['DUT-METH-07'] },
  ),
  broken('D181', 'reports NaN', { reportedBody: (patch) => JSON.stringify(patch).replace('"1.0"', 'NaN') }),
  broken('D182', 'reports numbers as texts', {
    reportedBody: (patch) => JSON.stringify(patch, (_name, value) => isText(value)),
  }),
  broken('D183', 'gives up at the fourth bad certificate', {
    retriesAfterBadCertificate: (() => {
      let bad = 0
      return () => ++bad < 4
    })(),
  }),
  broken('D185', 'dials at once after CONNACK 3', {
    pauseAfterRefusal: (code) => (code === 3 ? 0.1 : undefined),
  }),
  broken('D186', 'cleans its session when two attempts have failed', { clean: (failures) => failures >= 2 }),
]
