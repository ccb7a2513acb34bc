import { afterEach, beforeEach, expect, test } from 'vitest'
import { errorOf, openTestServer, type Answer, type TestServer } from '../../testing/test-server.ts'

let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
  server.hub.registry.create({ deviceId: 'a' })
})
afterEach(() => server.stop())

const JOB = {
  type: 'scheduleUpdateTwin',
  queryCondition: '*',
  updateTwin: { etag: '*', tags: { by: 'job' } },
}
const put = (body: object, id = 'j'): Promise<Answer> => server.call('PUT', `/jobs/v2/${id}`, { body })
const rows = async (): Promise<unknown> =>
  (await server.call('POST', '/devices/query', { body: { query: 'SELECT * FROM devices.jobs' } })).json

test('WIRE-JOB-05: of a job that it does not know the route of scheduled jobs tells the id alone', async () => {
  const outputBlobContainerUri = `https://localhost/${server.storage.containerName}`
  const made = await server.call('POST', '/jobs/create', { body: { type: 'export', outputBlobContainerUri } })
  const { jobId } = made.json as { jobId: string }
  expect(await server.call('GET', `/jobs/v2/${jobId}`)).toMatchObject({
    status: 200,
    json: { jobId, type: 'unknown', status: 'unknown' },
  })
  expect(await server.call('GET', '/jobs/v2/nobody')).toMatchObject({
    status: 200,
    json: { jobId: 'nobody', type: 'unknown', status: 'unknown' },
  })
  expect(errorOf(await server.call('POST', '/jobs/v2/nobody/cancel')).name).toBe('JobNotFound')
})

test('WIRE-JOB-11: the document of a twin job repeats the twin, without a device', async () => {
  const { json } = await put(JOB)
  expect(json).toMatchObject({ jobId: 'j', updateTwin: { deviceId: null, etag: '*', tags: { by: 'job' } } })
  expect(json).not.toHaveProperty('endTime')
  server.clock.advance(0)
  expect((await server.call('GET', '/jobs/v2/j')).json).toMatchObject({
    status: 'completed',
    endTime: expect.stringMatching(/Z$/) as unknown,
    updateTwin: { deviceId: null },
    deviceJobStatistics: { deviceCount: 1, succeededCount: 1 },
  })
})

test('WIRE-JOB-02: an empty type or status asks for all', async () => {
  await put(JOB)
  for (const query of ['', '?jobType=&jobStatus=', '?jobType=scheduleUpdateTwin&jobStatus='])
    expect((await server.call('GET', `/jobs/v2/query${query}`)).json, query).toMatchObject([{ jobId: 'j' }])
  expect((await server.call('GET', '/jobs/v2/query?jobStatus=failed')).json).toEqual([])
})

test.each([
  [{ ...JOB, updateTwin: { etag: '*', desired: { x: 1 } } }, 'ArgumentInvalid'],
  [{ ...JOB, updateTwin: { etag: '*', properties: { wanted: { x: 1 } } } }, 'ArgumentInvalid'],
  [{ ...JOB, updateTwin: { etag: '*', label: 1 } }, 'ArgumentInvalid'],
  [{ ...JOB, updateTwin: { tags: {} } }, 'ArgumentInvalid'],
  [{ ...JOB, updateTwin: undefined }, 'ArgumentNull'],
  [{ ...JOB, type: 'updateTwin' }, 'GenericBadRequest'],
  [{ ...JOB, type: 'export' }, 'GenericBadRequest'],
  [{ ...JOB, type: undefined }, 'ArgumentNull'],
  [{ ...JOB, queryCondition: null }, 'ArgumentInvalid'],
  [{ ...JOB, queryCondition: undefined }, 'ArgumentNull'],
  [{ ...JOB, startTime: 'soon' }, 'ArgumentInvalid'],
  [{ ...JOB, maxExecutionTimeInSeconds: 1.5 }, 'ArgumentInvalid'],
  [{ ...JOB, type: 'scheduleDeviceMethod', cloudToDeviceMethod: {} }, 'ArgumentNull'],
  ['"text"', 'GenericBadRequest'],
  ['{', 'IotHubFormatError'],
])('WIRE-TWIN-40, WIRE-ERR-09: a job %j is refused as %s', async (body, name) => {
  const answer = await server.call('PUT', '/jobs/v2/j', { body })
  expect([answer.status, errorOf(answer).name]).toEqual([400, name])
})

test('WIRE-TWIN-41: a job writes no twin of the modules of the IoT Edge runtime', async () => {
  server.hub.registry.create({ deviceId: 'edge' }, { iotEdge: true })
  server.hub.registry.create({ deviceId: 'edge', moduleId: 'own' })
  await put({ ...JOB, queryCondition: "FROM devices.modules WHERE deviceId = 'edge'" })
  server.clock.advance(0)
  expect(await rows()).toMatchObject([
    { moduleId: '$edgeAgent', status: 'failed', error: { code: 'SystemModuleModifyUnauthorizedAccess' } },
    { moduleId: '$edgeHub', status: 'failed' },
    { moduleId: 'own', status: 'completed', outcome: { deviceMethodResponse: null } },
  ])
  expect(server.hub.twins.get({ deviceId: 'edge', moduleId: '$edgeAgent' }).tags).toEqual({})
})
