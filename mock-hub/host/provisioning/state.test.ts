/** What the provisioning service knows goes along with the state of its hub: snapshots, restore, reset. */

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { HubSnapshot } from '../../core/contract/services/snapshots.ts'
import { RawClient } from '../../mqtt/testing/raw-client.ts'
import { make } from '../../provisioning/testing/certificates.ts'
import { group, individual, KEY, SCOPE, token } from '../../provisioning/testing/test-provisioning.ts'
import type { MockHub } from '../mock-hub.ts'
import type { MockHubOptions } from '../options.ts'
import type { MockProvisioning } from './mock-provisioning.ts'
import { startMockHub } from '../start.ts'
import { connect } from 'node:tls'

const hubs: MockHub[] = []
const clock = new ManualClock()
const start = async (options: MockHubOptions = {}): Promise<MockHub> => {
  const hub = await startMockHub({ controlPort: false, clock, ...options })
  hubs.push(hub)
  return hub
}
let webhook: Server
let asked: (response: ServerResponse) => void
beforeEach(async () => {
  webhook = createServer((_request, response) => {
    asked(response)
  })
  webhook.listen(0, '127.0.0.1')
  await once(webhook, 'listening')
})
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.stop()
  webhook.closeAllConnections()
  webhook.close()
})

const serviceOf = ({ provisioning }: MockHub): MockProvisioning => {
  if (provisioning === undefined) throw new Error('no provisioning')
  return provisioning
}
/** Sends a registration by key; @returns when it is accepted. */
const register = async (hub: MockHub, registrationId: string): Promise<void> => {
  const socket = connect({ host: '127.0.0.1', port: hub.mqttPort, ca: hub.caPem })
  const client = new RawClient(socket)
  client.connect({
    clientId: registrationId,
    username: `${SCOPE}/registrations/${registrationId}/api-version=2019-03-31`,
    password: Buffer.from(token({ clock }, registrationId, KEY)),
  })
  await client.take('connack')
  client.send({
    cmd: 'subscribe',
    messageId: 1,
    subscriptions: [{ topic: '$dps/registrations/res/#', qos: 1 }],
  })
  const topic = '$dps/registrations/PUT/iotdps-register/?$rid=1'
  client.send({ cmd: 'publish', topic, payload: '', qos: 0, dup: false, retain: false })
  expect((await client.take('publish')).topic).toContain('/res/202/')
  socket.destroy()
}
const ended = (hub: MockHub): Promise<unknown> =>
  hub.journal.until((entry) => entry.type === 'registration' && entry.step === 'ended')
const told = (hub: MockHub): object => {
  const { enrollments, enrollmentGroups, registrations, certificates } = serviceOf(hub)
  return {
    enrollments: enrollments
      .list()
      .map((each) => [each, enrollments.attestation(each['registrationId'] as string)]),
    groups: enrollmentGroups.list(),
    registrations: registrations.list(),
    certificates: certificates.list(),
  }
}

test('a snapshot has enrollments with their keys, groups, certificates and registrations', async () => {
  const first = await start()
  const { enrollments, enrollmentGroups, certificates } = serviceOf(first)
  const root = await make('root', undefined, { ca: true })
  const x509 = { signingCertificates: { primary: { certificate: root.pem } } }
  enrollments.put('d1', individual('d1', { initialTwin: { tags: { a: 1 }, properties: { desired: {} } } }))
  enrollments.put('t1', { attestation: { type: 'tpm', tpm: { endorsementKey: 'AToAAQ==' } } })
  enrollmentGroups.put('keys', group('keys', { allocationPolicy: 'hashed', iotHubs: [first.hostName] }))
  enrollmentGroups.put('certificates', { attestation: { type: 'x509', x509 } })
  enrollmentGroups.put('named', {
    attestation: { type: 'x509', x509: { caReferences: { primary: 'root' } } },
  })
  certificates.upload('root', root.pem, true)
  certificates.upload('unproven', root.pem)
  certificates.verificationCode('unproven')
  await register(first, 'd1')
  await ended(first)
  expect(serviceOf(first).registrations.get('d1')).toMatchObject({ status: 'assigned' })

  const snapshot = first.services.snapshots.take()
  const second = await start({ seed: snapshot })
  expect(told(second)).toEqual(told(first))
  expect(second.services.snapshots.take()).toEqual(snapshot)
  await register(second, 'd1')
  await ended(second)
  expect(serviceOf(second).registrations.get('d1')).toMatchObject({
    substatus: 'reprovisionedToInitialAssignment',
  })

  // What came later goes, and reset returns to the snapshot.
  serviceOf(second).enrollments.put('later', individual('later'))
  second.reset()
  expect(told(second)).toEqual(told(first))
  first.services.snapshots.restore({ ...snapshot, documents: [] })
  expect(told(first)).toEqual({ enrollments: [], groups: [], registrations: [], certificates: [] })
})

test('a data directory has them too, as they were when the hub stopped', async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-test-'))
  try {
    const first = await start({ dataDirectory, provisioning: true })
    for (const id of ['d1', 'd2']) {
      serviceOf(first).enrollments.put(id, individual(id))
      await register(first, id)
      await ended(first)
    }
    serviceOf(first).enrollments.remove('d2')
    const before = told(first)
    expect(before).toMatchObject({ registrations: [{ registrationId: 'd1', status: 'assigned' }] })
    await first.stop()
    expect(told(await start({ dataDirectory, provisioning: true }))).toEqual(before)
  } finally {
    for (const hub of hubs.splice(0)) await hub.stop()
    rmSync(dataDirectory, { recursive: true, force: true })
  }
})

test('a snapshot that cannot be right is refused with its field, and changes nothing', async () => {
  const hub = await start()
  serviceOf(hub).enrollments.put('d1', individual('d1'))
  const before = told(hub)
  const with_ = (kind: string, value: unknown): HubSnapshot => ({
    ...hub.services.snapshots.take(),
    documents: [{ kind, key: 'x', value } as never], // no snapshot has it
  })
  const certificate = { '\0der': 'AAAA' }
  expect(() => {
    hub.services.snapshots.restore(
      with_('provisioningCertificate', { name: 'x', certificate, verified: true }),
    )
  }).toThrow('documents[0].value')
  expect(told(hub)).toEqual(before)
  await expect(start({ seed: with_('enrollment', { kind: 'individual', id: 'x' }) })).rejects.toThrow(
    /documents.*value.attestation to be given/,
  )
  const alone = await start({ provisioning: false })
  expect(() => {
    alone.services.snapshots.restore(hub.services.snapshots.take())
  }).toThrow('no provisioning service')
})

test.each(['reset', 'restore'] as const)(
  'an assignment that waits for its webhook ends with a %s: neither device nor registration come of it',
  async (how) => {
    const hub = await start()
    const empty = hub.services.snapshots.take()
    const { port } = webhook.address() as AddressInfo
    const definition = { webhookUrl: `http://127.0.0.1:${String(port)}/`, apiVersion: '2019-03-31' }
    const custom = { allocationPolicy: 'custom', customAllocationDefinition: definition }
    const waiting = new Promise<ServerResponse>((resolve) => (asked = resolve))
    serviceOf(hub).enrollments.put('d1', individual('d1', custom))
    await register(hub, 'd1')
    const response = await waiting
    if (how === 'reset') hub.reset()
    else hub.services.snapshots.restore(empty)
    const answered = once(response, 'close')
    response.end(JSON.stringify({ iotHubHostName: hub.hostName }))
    await answered
    // A second registration of the same device runs after the first one would have ended.
    serviceOf(hub).enrollments.put('d1', individual('d1', { deviceId: 'other' }))
    await register(hub, 'd1')
    await ended(hub)
    expect(hub.identities().map(({ identity }) => identity.deviceId)).toEqual(['other'])
    expect(serviceOf(hub).registrations.get('d1')).toMatchObject({ substatus: 'initialAssignment' })
  },
)
