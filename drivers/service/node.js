/**
 * Every REST call of the official Node service SDK (azure-iothub) against the hub named by IOTHUB_CONNECTION_STRING,
 * with the official device SDK as the device. BLOB_CONTAINER_URI is a container for imports and exports. The file is
 * longer than 400 lines because it is a list of calls, in the order of the SDK.
 */

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import device from 'azure-iot-device'
import transports from 'azure-iot-device-mqtt'
import iothub from 'azure-iothub'
import { eventually, row } from './rows.js'

const connectionString = process.env.IOTHUB_CONNECTION_STRING
const container = process.env.BLOB_CONTAINER_URI
const hostName = iothub.ConnectionString.parse(connectionString).HostName
const { Registry, Client, JobClient } = iothub
const registry = Registry.fromConnectionString(connectionString)
const service = Client.fromConnectionString(connectionString)
const jobs = JobClient.fromConnectionString(connectionString)
const credentials = new iothub.IoTHubTokenCredentials(connectionString)
const bodyOf = ({ responseBody }) => responseBody
/** The SDK finds this class by the name in `ErrorCode:{name};{text}`. */
const deviceNotFound = { name: 'DeviceNotFoundError' }
/** The SDK has only this error for any other 404, and for a 404 whose body is JSON, as for methods. */
const notFound = ({ response, message }) => response?.statusCode === 404 && message === 'Not found'

// ---------------------------------------------------------------- Registry: devices

const R = (call, run) => row('Registry', call, run)
await R('create', async () => {
  const created = bodyOf(await registry.create({ deviceId: 'n1', status: 'enabled' }))
  assert.equal(created.deviceId, 'n1')
  assert.ok(created.authentication.symmetricKey.primaryKey)
})
await R('create (exists: DeviceAlreadyExistsError)', () =>
  assert.rejects(registry.create({ deviceId: 'n1' }), { name: 'DeviceAlreadyExistsError' }),
)
await R('create (x509 thumbprints)', async () => {
  const primaryThumbprint = 'A'.repeat(40)
  const authentication = { type: 'selfSigned', x509Thumbprint: { primaryThumbprint } }
  const created = bodyOf(await registry.create({ deviceId: 'n-x509', authentication }))
  assert.equal(created.authentication.x509Thumbprint.primaryThumbprint, primaryThumbprint)
})
await R('create (edge)', async () => {
  const created = bodyOf(await registry.create({ deviceId: 'n-edge', capabilities: { iotEdge: true } }))
  assert.equal(created.capabilities.iotEdge, true)
  assert.match(created.deviceScope, /^ms-azure-iot-edge:\/\/n-edge-/)
})
await R('get', async () => assert.equal(bodyOf(await registry.get('n1')).deviceId, 'n1'))
await R('get (unknown: DeviceNotFoundError)', () => assert.rejects(registry.get('nobody'), deviceNotFound))
await R('update, delete, getTwin, updateTwin (unknown: DeviceNotFoundError)', async () => {
  await assert.rejects(registry.update({ deviceId: 'nobody' }), deviceNotFound)
  await assert.rejects(registry.delete('nobody'), deviceNotFound)
  await assert.rejects(registry.getTwin('nobody'), deviceNotFound)
  await assert.rejects(registry.updateTwin('nobody', { tags: {} }, '*'), deviceNotFound)
})
await R('update', async () => {
  const updated = bodyOf(await registry.update({ deviceId: 'n1', status: 'disabled', statusReason: 'why' }))
  assert.equal(updated.status, 'disabled')
  await registry.update({ deviceId: 'n1', status: 'enabled' })
})
await R('list', async () =>
  assert.ok(bodyOf(await registry.list()).some(({ deviceId }) => deviceId === 'n1')),
)
await R('addDevices', async () => {
  const { isSuccessful, errors } = bodyOf(await registry.addDevices([{ deviceId: 'b1' }, { deviceId: 'b2' }]))
  assert.equal(isSuccessful, true)
  assert.deepEqual(errors ?? [], [])
})
await R('addDevices (one exists)', async () => {
  await assert.rejects(registry.addDevices([{ deviceId: 'b1' }, { deviceId: 'b3' }]), (error) => {
    const result = JSON.parse(error.responseBody) // 400 with a result, which the SDK returns as text
    return error.name === 'ArgumentError' && result.errors[0].deviceId === 'b1'
  })
})
await R('updateDevices', async () => {
  const changed = [{ deviceId: 'b1', status: 'disabled' }]
  assert.equal(bodyOf(await registry.updateDevices(changed, true)).isSuccessful, true)
  assert.equal(bodyOf(await registry.get('b1')).status, 'disabled')
})
await R('removeDevices', async () => {
  const gone = [{ deviceId: 'b1' }, { deviceId: 'b2' }]
  assert.equal(bodyOf(await registry.removeDevices(gone, true)).isSuccessful, true)
  await assert.rejects(registry.get('b1'), deviceNotFound)
})
await R('getRegistryStatistics', async () => {
  assert.ok(bodyOf(await registry.getRegistryStatistics()).totalDeviceCount >= 3)
})

// ---------------------------------------------------------------- Registry: modules, twins, queries

await R('addModule', async () => {
  const added = bodyOf(await registry.addModule({ deviceId: 'n1', moduleId: 'm1' }))
  assert.equal(added.moduleId, 'm1')
})
await R('getModule', async () => assert.equal(bodyOf(await registry.getModule('n1', 'm1')).moduleId, 'm1'))
await R('getModulesOnDevice', async () => {
  assert.deepEqual(
    bodyOf(await registry.getModulesOnDevice('n1')).map(({ moduleId }) => moduleId),
    ['m1'],
  )
})
await R('updateModule', async () => {
  const module = bodyOf(await registry.getModule('n1', 'm1'))
  const updated = bodyOf(await registry.updateModule({ ...module, managedBy: 'me' }, true))
  assert.equal(updated.managedBy, 'me')
})
await R('getTwin', async () => assert.equal(bodyOf(await registry.getTwin('n1')).deviceId, 'n1'))
await R('updateTwin', async () => {
  const patch = { tags: { site: 'north' }, properties: { desired: { level: 1 } } }
  const twin = bodyOf(await registry.updateTwin('n1', patch, '*'))
  assert.equal(twin.tags.site, 'north')
  assert.equal(twin.properties.desired.level, 1)
})
await R('updateTwin (stale etag: PreconditionFailed)', () =>
  assert.rejects(registry.updateTwin('n1', { tags: { a: 1 } }, 'AAAAAAAAAAk='), (error) => {
    return /Precondition|InvalidEtag/.test(error.name)
  }),
)
await R('getModuleTwin', async () => {
  assert.equal(bodyOf(await registry.getModuleTwin('n1', 'm1')).moduleId, 'm1')
})
await R('updateModuleTwin', async () => {
  const twin = bodyOf(await registry.updateModuleTwin('n1', 'm1', { tags: { part: 'arm' } }, '*'))
  assert.equal(twin.tags.part, 'arm')
})
await R('createQuery / nextAsTwin', async () => {
  const query = registry.createQuery("SELECT * FROM devices WHERE tags.site = 'north'", 10)
  const { result } = await query.nextAsTwin()
  assert.deepEqual(
    result.map(({ deviceId }) => deviceId),
    ['n1'],
  )
})
await R('createQuery / next (pages)', async () => {
  const query = registry.createQuery('SELECT deviceId FROM devices', 1)
  const seen = []
  // Without an argument it requests the first page again.
  while (query.hasMoreResults) seen.push(...(await query.next(query.continuationToken)).result)
  assert.ok(seen.length >= 3, `${seen.length} rows`)
})
await R('createQuery (bad SQL is refused)', () => assert.rejects(registry.createQuery('SELEKT *').next()))
await row('Twin', 'get, update', async () => {
  const { responseBody: twin } = await registry.getTwin('n1')
  await twin.get()
  await twin.update({ properties: { desired: { level: 2 } } })
  assert.equal(bodyOf(await registry.getTwin('n1')).properties.desired.level, 2)
})

// ---------------------------------------------------------------- methods

const keyOf = async (path) => {
  const { authentication } = bodyOf(
    path.length === 1 ? await registry.get(...path) : await registry.getModule(...path),
  )
  return authentication.symmetricKey.primaryKey
}
const answering = device.Client.fromConnectionString(
  `HostName=${hostName};DeviceId=n1;SharedAccessKey=${await keyOf(['n1'])}`,
  transports.Mqtt,
)
const answeringModule = device.ModuleClient.fromConnectionString(
  `HostName=${hostName};DeviceId=n1;ModuleId=m1;SharedAccessKey=${await keyOf(['n1', 'm1'])}`,
  transports.Mqtt,
)
const answer = ({ payload }, response) => response.send(201, { got: payload })
await answering.open()
for (const name of ['measure', 'thermo*measure']) answering.onDeviceMethod(name, answer)
await answeringModule.open()
answeringModule.onMethod('measure', answer)
const call = {
  methodName: 'measure',
  payload: { unit: 'C' },
  responseTimeoutInSeconds: 15,
  connectTimeoutInSeconds: 10,
}
const M = (name, run) => row('Client', name, run)
await M('invokeDeviceMethod (device)', async () => {
  const { result } = await service.invokeDeviceMethod('n1', call)
  assert.deepEqual(result, { status: 201, payload: { got: { unit: 'C' } } })
})
await M('invokeDeviceMethod (module)', async () => {
  const { result } = await service.invokeDeviceMethod('n1', 'm1', call)
  assert.equal(result.status, 201)
})
await M('invokeDeviceMethod (offline: not found)', () =>
  assert.rejects(service.invokeDeviceMethod('n-x509', { ...call, connectTimeoutInSeconds: 0 }), notFound),
)

// ---------------------------------------------------------------- configurations

const configuration = {
  id: 'conf-1',
  content: { deviceContent: { 'properties.desired.fan': { speed: 3 } } },
  targetCondition: "tags.site='north'",
  priority: 10,
  metrics: { queries: { all: 'SELECT deviceId FROM devices' } },
}
await R('addConfiguration', async () => {
  assert.equal(bodyOf(await registry.addConfiguration(configuration)).id, 'conf-1')
})
await R('getConfiguration', async () => {
  assert.equal(bodyOf(await registry.getConfiguration('conf-1')).priority, 10)
})
await R('getConfigurations', async () => assert.equal(bodyOf(await registry.getConfigurations()).length, 1))
await R('updateConfiguration', async () => {
  const current = bodyOf(await registry.getConfiguration('conf-1'))
  assert.equal(bodyOf(await registry.updateConfiguration({ ...current, priority: 11 }, true)).priority, 11)
})
await R('configuration reaches the twins that it targets', () =>
  eventually(
    async () => bodyOf(await registry.getTwin('n1')).properties.desired,
    ({ fan }) => fan?.speed === 3,
  ),
)
await R('applyConfigurationContentOnDevice', () =>
  registry.applyConfigurationContentOnDevice('n-edge', {
    modulesContent: { $edgeAgent: { 'properties.desired': { schemaVersion: '1.1' } } },
  }),
)
await R('removeConfiguration', async () => {
  await registry.removeConfiguration('conf-1')
  await assert.rejects(registry.getConfiguration('conf-1'))
})

// ---------------------------------------------------------------- jobs

const J = (name, run) => row('JobClient', name, run)
const ended = (jobId) =>
  eventually(
    async () => (await jobs.getJob(jobId)).responseBody ?? (await jobs.getJob(jobId)).jobStatus,
    (job) => ['completed', 'failed', 'cancelled'].includes(job.status),
  )
await J('scheduleTwinUpdate, getJob', async () => {
  await jobs.scheduleTwinUpdate(
    'j1',
    "deviceId IN ['n1']",
    { etag: '*', tags: { byJob: 'yes' } },
    new Date(),
    60,
  )
  assert.equal((await ended('j1')).status, 'completed')
  assert.equal(bodyOf(await registry.getTwin('n1')).tags.byJob, 'yes')
})
await J('scheduleDeviceMethod', async () => {
  const params = { methodName: 'measure', payload: null, responseTimeoutInSeconds: 15 }
  await jobs.scheduleDeviceMethod('j2', "deviceId IN ['n1']", params, new Date(), 60)
  assert.equal((await ended('j2')).status, 'completed')
})
await J('createQuery', async () => {
  const { result } = await jobs.createQuery().next()
  assert.deepEqual(result.map(({ jobId }) => jobId).sort(), ['j1', 'j2'])
})
await J('createQuery (type and status)', async () => {
  const { result } = await jobs.createQuery('scheduleUpdateTwin', 'completed').next()
  assert.deepEqual(
    result.map(({ jobId }) => jobId),
    ['j1'],
  )
})
await J('cancelJob', async () => {
  const later = new Date(Date.now() + 3_600_000)
  await jobs.scheduleTwinUpdate('j3', "deviceId IN ['n1']", { etag: '*', tags: { late: 1 } }, later, 60)
  await jobs.cancelJob('j3')
  assert.equal((await ended('j3')).status, 'cancelled')
})
await row('Query', 'SELECT * FROM devices.jobs', async () => {
  const { result } = await registry
    .createQuery("SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j1'")
    .next()
  assert.equal(result.length, 1)
})
const transferred = (jobId) =>
  eventually(
    () => registry.getJob(jobId),
    (job) => ['completed', 'failed', 'cancelled'].includes((job.responseBody ?? job).status),
  ).then((job) => job.responseBody ?? job)
const idOf = (job) => (job.responseBody ?? job).jobId
await R('exportDevicesToBlob, getJob', async () => {
  const job = await registry.exportDevicesToBlob(container, false)
  const { status, failureReason } = await transferred(idOf(job))
  assert.equal(status, 'completed', failureReason)
})
await R('importDevicesFromBlob', async () => {
  const job = await registry.importDevicesFromBlob(container, container)
  const { status, failureReason } = await transferred(idOf(job))
  assert.equal(status, 'completed', failureReason)
})
await R('exportDevicesToBlobByIdentity', async () => {
  const { status, failureReason } = await transferred(
    idOf(await registry.exportDevicesToBlobByIdentity(container, true)),
  )
  assert.equal(status, 'completed', failureReason)
})
await R('importDevicesFromBlobByIdentity', async () => {
  const job = await registry.importDevicesFromBlobByIdentity(container, container)
  const { status, failureReason } = await transferred(idOf(job))
  assert.equal(status, 'completed', failureReason)
})
await R('listJobs', async () => assert.ok(bodyOf(await registry.listJobs()).length >= 2))
await R('cancelJob', async () => {
  const jobId = idOf(await registry.exportDevicesToBlob(container, false))
  await registry.cancelJob(jobId)
})

// ---------------------------------------------------------------- the other registry client, and digital twins

// The package has it, but does not export it from its main module.
const { IoTHubRegistryManager } = createRequire(import.meta.url)(
  'azure-iothub/dist/cl/iothub_registry_manager.js',
)
const manager = new IoTHubRegistryManager(credentials)
const G = (name, run) => row('IoTHubRegistryManager', name, run)
const key = Buffer.alloc(32, 7).toString('base64')
await G('createDeviceWithSas', async () => {
  assert.equal((await manager.createDeviceWithSas('g1', key, key, true)).deviceId, 'g1')
})
await G('createDeviceWithX509', () =>
  manager.createDeviceWithX509('g2', 'B'.repeat(40), 'C'.repeat(40), true),
)
await G('createDeviceWithCertificateAuthority', () =>
  manager.createDeviceWithCertificateAuthority('g3', true),
)
await G('getDevice', async () => assert.equal((await manager.getDevice('g1')).deviceId, 'g1'))
await G('updateDevice', async () => {
  const device = await manager.getDevice('g1')
  assert.equal((await manager.updateDevice('g1', { ...device, status: 'disabled' })).status, 'disabled')
  // A disabled device takes no modules.
  const disabled = await manager.getDevice('g1')
  assert.equal((await manager.updateDevice('g1', { ...disabled, status: 'enabled' })).status, 'enabled')
})
await G('createModuleWithSas', () => manager.createModuleWithSas('g1', 'm', 'me', key, key))
await G('createModuleWithX509', () =>
  manager.createModuleWithX509('g1', 'mx', 'me', 'D'.repeat(40), 'E'.repeat(40)),
)
await G('createModuleWithCertificateAuthority', () =>
  manager.createModuleWithCertificateAuthority('g1', 'mc', 'me'),
)
await G('getModule', async () => assert.equal((await manager.getModule('g1', 'm')).moduleId, 'm'))
await G('getModules', async () => assert.equal((await manager.getModules('g1')).length, 3))
await G('updateModule', async () => {
  const module = await manager.getModule('g1', 'm')
  assert.equal((await manager.updateModule('g1', 'm', { ...module, managedBy: 'you' })).managedBy, 'you')
})
await G('deleteModule', () => manager.deleteModule('g1', 'm'))
await G('getServiceStatistics', async () => {
  assert.ok((await manager.getServiceStatistics()).connectedDeviceCount >= 1)
})
await G('getDeviceRegistryStatistics', async () => {
  assert.ok((await manager.getDeviceRegistryStatistics()).totalDeviceCount >= 1)
})
await G('getDevices', async () => assert.ok((await manager.getDevices(100)).length >= 1))
await G('bulkCreateOrUpdateDevices', async () => {
  const devices = [{ id: 'g9', importMode: 'create', authentication: { type: 'sas' } }]
  assert.equal((await manager.bulkCreateOrUpdateDevices(devices)).isSuccessful, true)
})
await G('queryIoTHub', async () => {
  const rows = await manager.queryIoTHub({ query: "SELECT * FROM devices WHERE deviceId = 'g9'" })
  assert.equal(rows.length, 1)
})
await G('getTwin', async () => assert.equal((await manager.getTwin('g9')).deviceId, 'g9'))
await G('updateTwin', async () => {
  const twin = await manager.updateTwin('g9', { tags: { a: 1 } }, '*')
  assert.equal(twin.tags.a, 1)
})
await G('replaceTwin', async () => {
  const twin = await manager.replaceTwin('g9', {
    deviceId: 'g9',
    tags: { b: 2 },
    properties: { desired: {} },
  })
  assert.deepEqual(twin.tags, { b: 2 })
})
await G('getModuleTwin', async () => assert.equal((await manager.getModuleTwin('n1', 'm1')).moduleId, 'm1'))
await G('updateModuleTwin', () => manager.updateModuleTwin('n1', 'm1', { tags: { c: 3 } }, '*'))
await G('replaceModuleTwin', () =>
  manager.replaceModuleTwin('n1', 'm1', { tags: { d: 4 }, properties: { desired: {} } }),
)
await G('invokeDeviceMethod', async () => {
  assert.equal((await manager.invokeDeviceMethod('n1', call)).status, 201)
})
await G('invokeDeviceModuleMethod', async () => {
  assert.equal((await manager.invokeDeviceModuleMethod('n1', 'm1', call)).status, 201)
})
await G('deleteDevice', () => manager.deleteDevice('g2'))

const digital = new iothub.DigitalTwinClient(credentials)
const D = (name, run) => row('DigitalTwinClient', name, run)
await D('getDigitalTwin', async () => {
  const { $dtId } = await digital.getDigitalTwin('n1')
  assert.equal($dtId, 'n1')
})
await D('updateDigitalTwin', async () => {
  await digital.updateDigitalTwin('n1', [{ op: 'add', path: '/target', value: 42 }])
  assert.equal(bodyOf(await registry.getTwin('n1')).properties.desired.target, 42)
})
await D('invokeCommand', async () => {
  const result = await digital.invokeCommand('n1', 'measure', '{"unit":"C"}')
  assert.equal(result.statusCode ?? result.xMsCommandStatuscode, 201)
})
await D('invokeComponentCommand', () =>
  digital.invokeComponentCommand('n1', 'thermo', 'measure', '{"unit":"C"}'),
)

// ---------------------------------------------------------------- clean-up

await R('removeModule', async () => {
  await registry.removeModule('n1', 'm1')
  await assert.rejects(registry.getModule('n1', 'm1'))
})
await R('delete', async () => {
  await registry.delete('n1')
  await assert.rejects(registry.get('n1'), deviceNotFound)
})
for (const client of [answering, answeringModule]) await client.close().catch(() => undefined)
process.exit(0)
