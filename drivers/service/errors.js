/**
 * Each documented error that a back end can provoke, through the official Node service SDK (azure-iothub): the class that
 * its users see, and the status and name behind it. docs/contract/comparisons-service.md has the table.
 */

import assert from 'node:assert/strict'
import device from 'azure-iot-device'
import transports from 'azure-iot-device-mqtt'
import http from 'azure-iot-http-base'
import iothub from 'azure-iothub'
import { row } from './rows.js'

const connectionString = process.env.IOTHUB_CONNECTION_STRING
const container = process.env.BLOB_CONTAINER_URI
const { HostName: hostName } = iothub.ConnectionString.parse(connectionString)
const { Registry, Client, JobClient } = iothub
const registry = Registry.fromConnectionString(connectionString)
const service = Client.fromConnectionString(connectionString)
const jobs = JobClient.fromConnectionString(connectionString)
const stranger = Registry.fromConnectionString(
  connectionString.replace(/SharedAccessKey=[^;]+/, `SharedAccessKey=${Buffer.alloc(32).toString('base64')}`),
)
const credentials = new iothub.IoTHubTokenCredentials(connectionString)
const digital = new iothub.DigitalTwinClient(credentials)

/** The class that the SDK makes of a status, and the message that it takes out of the body. */
const CLASSES = new Map([
  [400, 'ArgumentError'],
  [401, 'UnauthorizedError'],
  [403, 'TooManyDevicesError'],
  [404, 'Error'],
  [409, 'DeviceAlreadyExistsError'],
  [412, 'InvalidEtagError'],
  [504, 'GatewayTimeoutError'],
])

/** A refusal in the form `ErrorCode:{name};{text}`. */
function refused(area, name, status, what, run, seen = CLASSES.get(status)) {
  return row(`${area}: ${String(status)} ${name}`, what, () =>
    assert.rejects(
      async () => run(),
      (error) => {
        const read = http.Http.parseErrorBody(error.responseBody)
        assert.equal(error.response?.statusCode, status, `${error.name}: ${error.message}`)
        assert.equal(read?.code, name, error.responseBody)
        assert.equal(error.response.headers['iothub-errorcode'], name)
        assert.equal(error.name, seen)
        // The SDK keeps no text of a 404 that it has no class for.
        assert.equal(error.message, status === 404 && seen === 'Error' ? 'Not found' : read.message)
        return true
      },
    ),
  )
}

/** A refusal with JSON in `Message`: the SDK cannot read it, and shows the body, or what follows a semicolon in it. */
function refusedInJson(area, code, status, what, run) {
  return row(`${area}: ${String(code)}`, what, () =>
    assert.rejects(
      async () => run(),
      (error) => {
        assert.equal(error.response?.statusCode, status, `${error.name}: ${error.message}`)
        const { Message } = JSON.parse(error.responseBody)
        assert.equal(JSON.parse(Message).errorCode, code)
        assert.equal(error.name, CLASSES.get(status))
        const seen = http.Http.parseErrorBody(error.responseBody)?.message ?? `Error: ${error.responseBody}`
        assert.equal(error.message, status === 404 ? 'Not found' : seen)
        return true
      },
    ),
  )
}

const bodyOf = ({ responseBody }) => responseBody
await registry.create({ deviceId: 'e1' })
await registry.create({ deviceId: 'e-edge', capabilities: { iotEdge: true } })
await registry.addModule({ deviceId: 'e1', moduleId: 'm' })
const configuration = { id: 'e-conf', content: { deviceContent: { 'properties.desired.x': 1 } } }
await registry.addConfiguration(configuration)
const NOT_FOUND = 'DeviceNotFoundError'

for (const [what, run] of [
  ['get', () => registry.get('nobody')],
  ['update', () => registry.update({ deviceId: 'nobody' })],
  ['delete', () => registry.delete('nobody')],
])
  await refused('registry', 'DeviceNotFound', 404, what, run, NOT_FOUND)
for (const [what, run] of [
  ['getModulesOnDevice', () => registry.getModulesOnDevice('nobody')],
  ['addModule', () => registry.addModule({ deviceId: 'nobody', moduleId: 'm' })],
])
  await refused('registry', 'IotHubUnauthorizedAccess', 401, what, run)
for (const [what, run] of [
  ['getTwin', () => registry.getTwin('nobody')],
  ['updateTwin', () => registry.updateTwin('nobody', { tags: {} }, '*')],
  ['getModuleTwin', () => registry.getModuleTwin('e1', 'none')],
])
  await refused('twin', 'DeviceNotFound', 404, what, run, NOT_FOUND)
await refused('registry', 'ModuleNotFound', 404, 'getModule', () => registry.getModule('e1', 'none'))
await refused('registry', 'DeviceAlreadyExists', 409, 'create', () => registry.create({ deviceId: 'e1' }))
await refusedInJson('registry', 409301, 409, 'addModule', () =>
  registry.addModule({ deviceId: 'e1', moduleId: 'm' }),
)
await refused('registry', 'ArgumentInvalid', 400, 'create', () => registry.create({ deviceId: 'no blanks' }))
await refused('registry', 'GenericBadRequest', 400, 'update', () =>
  registry.update({ deviceId: 'e1', status: 'half' }),
)
await refused('registry', 'InvalidDeviceScope', 400, 'create', () =>
  registry.create({ deviceId: 'e2', deviceScope: 'ms-azure-iot-edge://none-1' }),
)
await refused('registry', 'PreconditionFailed', 412, 'updateModule', () =>
  registry.updateModule({ deviceId: 'e1', moduleId: 'm', etag: 'c3RhbGU=' }),
)
await refused('registry', 'SystemModuleModifyUnauthorizedAccess', 401, 'removeModule', () =>
  registry.removeModule('e-edge', '$edgeAgent'),
)
await refused('registry', 'DeviceDefinedMultipleTimes', 400, 'addDevices', () =>
  registry.addDevices([{ deviceId: 'e9' }, { deviceId: 'e9' }]),
)
await refused('registry', 'IotHubUnauthorizedAccess', 401, 'get', () => stranger.get('e1'))
await refused('twin', 'IotHubUnauthorizedAccess', 401, 'getTwin', () => stranger.getTwin('e1'))
await refused('twin', 'PreconditionFailed', 412, 'updateTwin', () =>
  registry.updateTwin('e1', { tags: { a: 1 } }, 'AAAAAAAAAAk='),
)
await refused('twin', 'ArgumentInvalid', 400, 'updateTwin', () =>
  registry.updateTwin('e1', { tags: { 'a.b': 1 } }, '*'),
)
await refused('twin', 'DeviceModelMaxPropertiesExceeded', 403, 'updateTwin', () => {
  const texts = Array.from({ length: 4 }, (_, index) => [`t${String(index)}`, 'x'.repeat(4_000)])
  return registry.updateTwin('e1', { tags: Object.fromEntries(texts) }, '*')
})
await refused('query', 'ArgumentInvalid', 400, 'createQuery', () => registry.createQuery('SELEKT *').next())
await refused('query', 'PreconditionFailed', 412, 'createQuery', () =>
  registry.createQuery(`SELECT * FROM devices WHERE deviceId = '${'x'.repeat(9_000)}'`).next(),
)
await refused('configuration', 'ConfigurationNotFound', 404, 'getConfiguration', () =>
  registry.getConfiguration('none'),
)
await refused('configuration', 'ConfigurationAlreadyExists', 409, 'addConfiguration', () =>
  registry.addConfiguration(configuration),
)
await refused('configuration', 'InvalidConfigurationContent', 400, 'addConfiguration', () =>
  registry.addConfiguration({ id: 'e-bad', content: {} }),
)
await refused('configuration', 'InvalidConfigurationTargetCondition', 400, 'addConfiguration', () =>
  registry.addConfiguration({ ...configuration, id: 'e-bad', targetCondition: 'tags.x = = 1' }),
)
await refused('configuration', 'InvalidConfigurationCustomMetricsQuery', 400, 'addConfiguration', () =>
  registry.addConfiguration({ ...configuration, id: 'e-bad', metrics: { queries: { m: 'SELECT' } } }),
)
await refused('configuration', 'PreconditionFailed', 412, 'updateConfiguration', () =>
  registry.updateConfiguration({ ...configuration, etag: 'c3RhbGU=' }),
)
await refused('configuration', 'InvalidConfigurationContent', 400, 'applyConfigurationContentOnDevice', () =>
  registry.applyConfigurationContentOnDevice('e1', configuration.content),
)
await refused('job', 'JobNotFound', 404, 'cancelJob', () => jobs.cancelJob('none'))
await jobs.scheduleTwinUpdate(
  'e-job',
  "deviceId = 'e1'",
  { etag: '*', tags: {} },
  new Date(Date.now() + 3_600_000),
  60,
)
await refused('job', 'JobAlreadyExists', 409, 'scheduleTwinUpdate', () =>
  jobs.scheduleTwinUpdate('e-job', '*', { etag: '*', tags: {} }, new Date(), 60),
)
await refused('job', 'ArgumentInvalid', 400, 'scheduleTwinUpdate', () =>
  jobs.scheduleTwinUpdate('e-job-2', '*', { etag: '*', desired: { x: 1 } }, new Date(), 60),
)
await jobs.cancelJob('e-job')
await refused(
  'job',
  'OperationNotAllowedInCurrentState',
  405,
  'cancelJob',
  () => jobs.cancelJob('e-job'),
  'Error',
)
await refused('import and export', 'JobNotFound', 404, 'getJob', () => registry.getJob('none'))
await refused('import and export', 'BlobContainerValidationError', 400, 'exportDevicesToBlob', () =>
  registry.exportDevicesToBlob('no uri', false),
)

// ---------------------------------------------------------------- methods and commands

const call = { methodName: 'measure', payload: {}, responseTimeoutInSeconds: 5, connectTimeoutInSeconds: 0 }
await refusedInJson('method', 404103, 404, 'invokeDeviceMethod (not connected)', () =>
  service.invokeDeviceMethod('e1', call),
)
await refusedInJson('method', 404001, 404, 'invokeDeviceMethod (unknown device)', () =>
  service.invokeDeviceMethod('nobody', call),
)
await refusedInJson('method', 400004, 400, 'invokeDeviceMethod (time-out out of range)', () =>
  service.invokeDeviceMethod('e1', { ...call, responseTimeoutInSeconds: 301 }),
)
const { primaryKey } = bodyOf(await registry.get('e1')).authentication.symmetricKey
const silent = device.Client.fromConnectionString(
  `HostName=${hostName};DeviceId=e1;SharedAccessKey=${primaryKey}`,
  transports.Mqtt,
)
await silent.open()
silent.onDeviceMethod('measure', () => undefined)
await refusedInJson('method', 504101, 504, 'invokeDeviceMethod (no answer)', () =>
  service.invokeDeviceMethod('e1', call),
)
await silent.close()
await row('command: 404103', 'invokeCommand (not connected)', () =>
  assert.rejects(digital.invokeCommand('e1', 'measure', '{}'), (error) => {
    assert.equal(error.statusCode, 404)
    assert.equal(JSON.parse(JSON.parse(error.message).Message).errorCode, 404103)
    return true
  }),
)
await row('digital twin: 404 DeviceNotFound', 'getDigitalTwin', () =>
  assert.rejects(digital.getDigitalTwin('nobody'), (error) => {
    assert.equal(error.statusCode, 404)
    assert.match(JSON.parse(error.message).Message, /^ErrorCode:DeviceNotFound;/)
    return true
  }),
)
await row('bulk: 400 with a result', 'addDevices (one exists)', () =>
  assert.rejects(registry.addDevices([{ deviceId: 'e1' }, { deviceId: 'e3' }]), (error) => {
    const { isSuccessful, errors } = JSON.parse(error.responseBody)
    assert.deepEqual([error.name, isSuccessful, errors.length], ['ArgumentError', false, 1])
    assert.deepEqual([errors[0].deviceId, errors[0].errorCode, errors[0].operation], ['e1', 409001, 'create'])
    return true
  }),
)
await row('import and export: 403 JobQuotaExceeded', 'exportDevicesToBlob (one is running)', async () => {
  const [one, other] = await Promise.allSettled([
    registry.exportDevicesToBlob(container, false),
    registry.exportDevicesToBlob(container, false),
  ])
  const refusal = [one, other].find(({ status }) => status === 'rejected')?.reason
  // Whether the second comes while the first runs is the machine's choice; that it may come after it is no error.
  if (refusal === undefined) return
  assert.deepEqual(
    [refusal.name, http.Http.parseErrorBody(refusal.responseBody).code],
    ['TooManyDevicesError', 'JobQuotaExceeded'],
  )
})
// What comes after finds the hub as it was.
await registry.removeConfiguration('e-conf')
for (const deviceId of ['e1', 'e3', 'e-edge']) await registry.delete(deviceId)
process.exit(0)
