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
import { row, Skipped } from './rows.js'

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

const folder = mkdtempSync(join(tmpdir(), 'provisioning-'))
const file = (name) => join(folder, name)
const openssl = (...words) => execFileSync('openssl', words, { stdio: 'ignore' })
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const read = (id) => ({
  cert: readFileSync(file(`${id}.pem`), 'utf8'),
  key: readFileSync(file(`${id}.key`), 'utf8'),
})

/** A self-signed certificate whose common name is the id. */
function certificate(id) {
  const files = ['-keyout', file(`${id}.key`), '-out', file(`${id}.pem`)]
  openssl('req', '-x509', ...NEW_KEY, '-days', '2', '-subj', `/CN=${id}`, ...files)
  return read(id)
}

/** A certificate that an authority has signed, with that of the authority behind it. */
function certificateBy(authority, id) {
  const [csr, key] = [file(`${id}.csr`), file(`${id}.key`)]
  openssl('req', ...NEW_KEY, '-subj', `/CN=${id}`, '-keyout', key, '-out', csr)
  const by = ['-CA', file(`${authority}.pem`), '-CAkey', file(`${authority}.key`), '-CAcreateserial']
  openssl('x509', '-req', '-in', csr, ...by, '-days', '2', '-out', file(`${id}.pem`))
  const { cert } = read(id)
  return { ...read(id), cert: `${cert}\n${read(authority).cert}` }
}

/** The control API stands for the portal, where authorities are uploaded and verified. */
async function enrollAuthority(id) {
  const { cert } = certificate(id)
  await fetch(`${env.MOCK_IOT_HUB_CONTROL_URL}/certificates/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ certificate: cert, verified: true }),
  })
  const signingCertificates = { primary: { certificate: cert } }
  const attestation = { type: 'x509', x509: { signingCertificates } }
  await service.createOrUpdateEnrollmentGroup({ enrollmentGroupId: id, attestation })
}

await enrollAuthority('node-root')

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
  await row(name, 'register with a certificate that the authority of a group has signed', async () => {
    const id = `node-ca-${name.toLowerCase()}`
    const security = new x509.X509Security(id, certificateBy('node-root', id))
    assert.equal((await register(Transport, security)).deviceId, id)
  })
  await row(name, 'register with a wrong key: refused', () =>
    assert.rejects(register(Transport, byKey('nobody', derived('somebody')))),
  )
  await row(name, 'register with a certificate that nobody has enrolled: refused', () => {
    if (name.startsWith('Amqp'))
      throw new Skipped(
        'the client never settles once its first link is refused while it attaches the second',
      )
    const id = `node-stranger-${name.toLowerCase()}`
    return assert.rejects(register(Transport, new x509.X509Security(id, certificate(id))))
  })
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
for (const id of ['ng', 'node-root'])
  await S(`deleteEnrollmentGroup ${id}`, () => service.deleteEnrollmentGroup(id, '*'))
process.exit(0)
