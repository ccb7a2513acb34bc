import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { PageRequest } from '../core/contract/services/queries.ts'
import { signed } from '../core/testing/test-hub.ts'
import type { MockHub } from './mock-hub.ts'
import { useDataDirectory } from './testing/data-hubs.ts'

const { open, again, killed } = useDataDirectory()
const KEY = Buffer.alloc(32, 1).toString('base64')
const DEVICES = ['d1', 'd2', 'd3'].map((deviceId) => ({ deviceId }))

test('a query goes on where it was: its continuation token is good over a restart', async () => {
  const text = 'SELECT deviceId FROM devices'
  const first = await open({ seed: { devices: DEVICES } })
  const { rows, continuation } = first.services.queries.run(text, { maxItems: 2 })
  const second = await again()
  const rest: PageRequest = { maxItems: 2, continuation }
  expect([...rows, ...second.services.queries.run(text, rest).rows]).toEqual(DEVICES)
  expect(() => second.services.queries.run(`${text} WHERE true = true`, rest)).toThrow()
})

test('so are the tokens of lists of the provisioning service', async () => {
  const first = await open()
  const attestation = {
    ...{ type: 'symmetricKey' },
    symmetricKey: { primaryKey: KEY, secondaryKey: KEY },
  }
  const groups = (hub: typeof first) => hub.provisioning?.enrollmentGroups
  for (const id of ['a', 'b']) groups(first)?.put(id, { enrollmentGroupId: id, attestation })
  const page = groups(first)?.query({ query: 'SELECT *' }, { maxItems: 1 })
  const second = await again()
  expect(
    groups(second)?.query({ query: 'SELECT *' }, { continuation: page?.continuation }).rows,
  ).toMatchObject([{ enrollmentGroupId: 'b' }])
})

/** What a device says to the provisioning service of a hub, and is told. */
function registrant(hub: MockHub) {
  const { idScope, enrollments } = hub.provisioning as NonNullable<MockHub['provisioning']>
  const { symmetricKey } = enrollments.attestation('r1') as { symmetricKey: { primaryKey: string } }
  const resource = `${idScope}/registrations/r1`
  const authorization = signed(resource, symmetricKey.primaryKey, 4_102_444_800, 'registration')
  return async (method: string, path: string, body?: string) => {
    const sent = request({
      ...{ method, path: `/${resource}/${path}?api-version=2021-06-01` },
      ...{ host: hub.hostName, port: hub.httpsPort, ca: hub.caPem },
      headers: { authorization, 'content-type': 'application/json' },
    })
    sent.end(body)
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    return JSON.parse(Buffer.concat(chunks).toString()) as { operationId: string; status: string }
  }
}

test('a registration that has ended can be polled after a restart', async () => {
  const settings = { provisioning: true, seed: { enrollments: [{ registrationId: 'r1' }] } }
  const first = await open(settings)
  const { operationId } = await registrant(first)('PUT', 'register', '{"registrationId":"r1"}')
  await vi.waitFor(async () => {
    expect(await registrant(first)('GET', `operations/${operationId}`)).toMatchObject({ status: 'assigned' })
  })
  const second = await again(settings)
  expect(await registrant(second)('GET', `operations/${operationId}`)).toMatchObject({
    ...{ operationId, status: 'assigned' },
    registrationState: { deviceId: 'r1' },
  })
})

test.each(['stopped', 'killed'] as const)(
  'a registration that is being assigned when the hub is %s goes on with the next poll',
  async (how) => {
    const asked: string[] = []
    // It answers the second time.
    const webhook = createServer((request_, response) => {
      let body = ''
      request_.on('data', (chunk: Buffer) => (body += String(chunk)))
      request_.on('end', () => {
        if (asked.push(body) === 1) return
        const { linkedHubs } = JSON.parse(body) as { linkedHubs: [string] }
        response.end(JSON.stringify({ iotHubHostName: linkedHubs[0] }))
      })
    }).listen(0, '127.0.0.1')
    onTestFinished(() => {
      webhook.closeAllConnections()
      webhook.close()
    })
    await once(webhook, 'listening')
    const webhookUrl = `http://127.0.0.1:${String((webhook.address() as AddressInfo).port)}/`
    const customAllocationDefinition = { webhookUrl, apiVersion: '2019-03-31' }
    const enrollment = { registrationId: 'r1', allocationPolicy: 'custom', customAllocationDefinition }
    const settings = { provisioning: true, seed: { enrollments: [enrollment] } }
    const first = await open(settings)
    const body = '{"registrationId":"r1","payload":{"a":1}}'
    const { operationId } = await registrant(first)('PUT', 'register', body)
    await vi.waitFor(() => {
      expect(asked).toHaveLength(1)
    })
    const snapshot = first.services.snapshots.take()
    expect(snapshot.documents).toContainEqual(
      expect.objectContaining({ kind: 'registrationOperation', key: operationId }),
    )
    const second = await (how === 'killed' ? killed(settings) : again(settings))
    const poll = () => registrant(second)('GET', `operations/${operationId}`)
    expect(await poll()).toMatchObject({ operationId, status: 'assigning' })
    await vi.waitFor(async () => {
      expect(await poll()).toMatchObject({
        ...{ operationId, status: 'assigned' },
        registrationState: { deviceId: 'r1' },
      })
    })
    expect(JSON.parse(String(asked[1]))).toMatchObject({ deviceRuntimeContext: { payload: { a: 1 } } })
    expect(asked).toHaveLength(2)
    const left = second.services.snapshots.take().documents ?? []
    expect(left.filter(({ kind }) => kind === 'registrationOperation')).toEqual([])
  },
)

test.each([
  ['the same port', true],
  ['another port', false],
])(
  'a job that was about to write to the own storage writes there after a restart, on %s',
  async (_what, same) => {
    const first = await open({ seed: { devices: DEVICES } })
    const outputBlobContainerUri = `https://${first.hostName}:${String(first.httpsPort)}/uploads?sig=x`
    const job = first.services.importExport.create({ type: 'export', outputBlobContainerUri })
    const second = await again(same ? { httpsPort: first.httpsPort } : {})
    await vi.waitFor(() => {
      expect(second.services.importExport.get(job['jobId'] as string)['status']).not.toMatch(
        /enqueued|running/,
      )
    })
    expect(second.services.importExport.get(job['jobId'] as string)).toMatchObject({ status: 'completed' })
  },
)
