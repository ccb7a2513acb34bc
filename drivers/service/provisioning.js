/**
 * The official Node provisioning clients (azure-iot-provisioning-device over each of its transports, and
 * azure-iot-provisioning-service) against the service named by PROVISIONING_HOST, PROVISIONING_IDSCOPE and
 * PROVISIONING_CONNECTION_STRING. PROVISIONING_SYMMETRIC_KEY belongs to the individual enrollment
 * PROVISIONING_REGISTRATION_ID, PROVISIONING_MASTER_SYMMETRIC_KEY to a group.
 */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import device from 'azure-iot-device'
import deviceMqtt from 'azure-iot-device-mqtt'
import provisioning from 'azure-iot-provisioning-device'
import amqp from 'azure-iot-provisioning-device-amqp'
import http from 'azure-iot-provisioning-device-http'
import mqtt from 'azure-iot-provisioning-device-mqtt'
import provisioningService from 'azure-iot-provisioning-service'
import symmetric from 'azure-iot-security-symmetric-key'
import x509 from 'azure-iot-security-x509'
import { row } from './rows.js'

const { env } = process
const { PROVISIONING_HOST: host, PROVISIONING_IDSCOPE: scope } = env
const service = provisioningService.ProvisioningServiceClient.fromConnectionString(
  env.PROVISIONING_CONNECTION_STRING,
)
const derived = (id) =>
  createHmac('sha256', Buffer.from(env.PROVISIONING_MASTER_SYMMETRIC_KEY, 'base64'))
    .update(id)
    .digest('base64')
const register = (Transport, security, payload) => {
  const client = provisioning.ProvisioningDeviceClient.create(host, scope, new Transport(), security)
  if (payload !== undefined) client.setProvisioningPayload(payload)
  return client.register()
}
const byKey = (id, key) => new symmetric.SymmetricKeySecurityClient(id, key)
const bodyOf = ({ responseBody }) => responseBody

/** A self-signed certificate whose common name is the id. */
function certificate(id) {
  const folder = mkdtempSync(join(tmpdir(), 'provisioning-'))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const files = ['-keyout', key, '-out', cert]
  execFileSync(
    'openssl',
    ['req', '-x509', ...curve, '-nodes', '-days', '2', '-subj', `/CN=${id}`, ...files],
    {
      stdio: 'ignore',
    },
  )
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

const transports = { ...mqtt, ...http, ...amqp }
for (const name of ['Mqtt', 'MqttWs', 'Http', 'Amqp', 'AmqpWs']) {
  const Transport = transports[name]
  await row(name, 'register with the key of an individual enrollment, and send telemetry', async () => {
    const { PROVISIONING_REGISTRATION_ID: id, PROVISIONING_SYMMETRIC_KEY: key } = env
    const { assignedHub, deviceId } = await register(Transport, byKey(id, key), { a: [1] })
    const text = `HostName=${assignedHub};DeviceId=${deviceId};SharedAccessKey=${key}`
    const client = device.Client.fromConnectionString(text, deviceMqtt.Mqtt)
    await client.sendEvent(new device.Message('hello'))
    await client.close()
  })
  await row(name, 'register with a key that derives from that of a group', async () => {
    const id = `node-${name}`
    assert.equal((await register(Transport, byKey(id, derived(id)))).deviceId, id)
  })
  await row(name, 'register with a certificate', async () => {
    const id = `x509-${name.toLowerCase()}`
    const { cert, key } = certificate(id)
    const clientCertificates = { primary: { certificate: cert } }
    const attestation = { type: 'x509', x509: { clientCertificates } }
    await service.createOrUpdateIndividualEnrollment({ registrationId: id, attestation })
    const result = await register(Transport, new x509.X509Security(id, { cert, key }))
    assert.equal(result.deviceId, id)
  })
  await row(name, 'register with a wrong key: refused', () =>
    assert.rejects(register(Transport, byKey('nobody', derived('somebody')))),
  )
}

const S = (call, run) => row('service', call, run)
const enrollment = { registrationId: 'n1', attestation: { type: 'symmetricKey' } }
let created
await S('createOrUpdateIndividualEnrollment', async () => {
  created = bodyOf(await service.createOrUpdateIndividualEnrollment(enrollment))
  assert.ok(created.attestation.symmetricKey.primaryKey)
})
await S('createOrUpdateIndividualEnrollment (exists: DeviceAlreadyExistsError)', () =>
  assert.rejects(service.createOrUpdateIndividualEnrollment(enrollment), {
    name: 'DeviceAlreadyExistsError',
  }),
)
await S('createOrUpdateIndividualEnrollment (stale etag: InvalidEtagError)', () =>
  assert.rejects(service.createOrUpdateIndividualEnrollment({ ...created, etag: '"x"' }), {
    name: 'InvalidEtagError',
  }),
)
await S('createOrUpdateIndividualEnrollment (update)', async () => {
  const updated = { ...created, provisioningStatus: 'disabled' }
  assert.equal(
    bodyOf(await service.createOrUpdateIndividualEnrollment(updated)).provisioningStatus,
    'disabled',
  )
})
await S('getIndividualEnrollment', async () =>
  assert.deepEqual(bodyOf(await service.getIndividualEnrollment('n1')).attestation, { type: 'symmetricKey' }),
)
await S('getIndividualEnrollmentAttestationMechanism', async () => {
  const { symmetricKey } = bodyOf(await service.getIndividualEnrollmentAttestationMechanism('n1'))
  assert.equal(symmetricKey.primaryKey, created.attestation.symmetricKey.primaryKey)
})
await S('runBulkEnrollmentOperation', async () => {
  // Its promise never settles; its callback is called.
  const result = await new Promise((resolve, reject) => {
    const bulk = { mode: 'create', enrollments: [enrollment, { ...enrollment, registrationId: 'n2' }] }
    service.runBulkEnrollmentOperation(bulk, (error, done) => (error ? reject(error) : resolve(done)))
  })
  assert.deepEqual(
    result.errors?.map(({ registrationId }) => registrationId),
    ['n1'],
  )
})
await S('createIndividualEnrollmentQuery, page by page', async () => {
  const query = service.createIndividualEnrollmentQuery({ query: 'SELECT *' }, 2)
  const seen = []
  while (query.hasMoreResults)
    seen.push(
      ...bodyOf(await query.next(query.continuationToken)).map(({ registrationId }) => registrationId),
    )
  assert.deepEqual(seen, [...new Set(seen)])
  assert.ok(seen.includes('n1') && seen.includes('n2'))
})
await S('createOrUpdateEnrollmentGroup', async () => {
  const group = { enrollmentGroupId: 'ng', attestation: { type: 'symmetricKey' } }
  assert.equal(bodyOf(await service.createOrUpdateEnrollmentGroup(group)).enrollmentGroupId, 'ng')
})
await S('getEnrollmentGroup', async () =>
  assert.equal(bodyOf(await service.getEnrollmentGroup('ng')).provisioningStatus, 'enabled'),
)
await S('getEnrollmentGroupAttestationMechanism', async () =>
  assert.equal(bodyOf(await service.getEnrollmentGroupAttestationMechanism('ng')).type, 'symmetricKey'),
)
await S('createEnrollmentGroupQuery', async () => {
  const query = service.createEnrollmentGroupQuery({ query: 'SELECT *' }, 10)
  assert.ok(bodyOf(await query.next()).some(({ enrollmentGroupId }) => enrollmentGroupId === 'ng'))
})
await S('getDeviceRegistrationState', async () =>
  assert.equal(bodyOf(await service.getDeviceRegistrationState('node-Http')).status, 'assigned'),
)
await S('createEnrollmentGroupDeviceRegistrationStateQuery', async () => {
  const query = service.createEnrollmentGroupDeviceRegistrationStateQuery({ query: '*' }, 'fleet', 10)
  assert.ok(bodyOf(await query.next()).some(({ registrationId }) => registrationId === 'node-Mqtt'))
})
await S('deleteDeviceRegistrationState', () => service.deleteDeviceRegistrationState('node-Http', '*'))
await S('getDeviceRegistrationState (deleted: 404)', () =>
  assert.rejects(
    service.getDeviceRegistrationState('node-Http'),
    ({ response }) => response?.statusCode === 404,
  ),
)
for (const id of ['n1', 'n2'])
  await S(`deleteIndividualEnrollment ${id}`, () => service.deleteIndividualEnrollment(id, '*'))
await S('deleteEnrollmentGroup', () => service.deleteEnrollmentGroup('ng', '*'))
process.exit(0)
