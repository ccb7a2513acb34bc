/** Hubs elsewhere are linked by their connection strings: here another mock, over its service API. */

import { afterEach, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { Assignment, LinkedHub } from '../../provisioning/contract/linked-hub.ts'
import { startMockHub } from '../start.ts'
import type { MockHub } from '../mock-hub.ts'
import type { MockHubOptions } from '../options.ts'
import { hubConnector } from './hub-elsewhere.ts'

const hubs: MockHub[] = []
const start = async (options: MockHubOptions = {}): Promise<MockHub> => {
  const hub = await startMockHub({ controlPort: false, amqpPort: false, ...options })
  hubs.push(hub)
  return hub
}
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.stop()
})
const elsewhere = (): Promise<MockHub> => start({ address: '127.0.0.2' })
const stringOf = ({ hostName, httpsPort, serviceConnectionString }: MockHub): string =>
  serviceConnectionString.replace(hostName, `${hostName}:${String(httpsPort)}`)
const linked = (hub: MockHub, connectionString = stringOf(hub)): LinkedHub =>
  hubConnector({ clock: new ManualClock(), caPem: () => hub.caPem })({ connectionString })

const keys = {
  primaryKey: Buffer.alloc(32, 1).toString('base64'),
  secondaryKey: Buffer.alloc(32, 2).toString('base64'),
}
const assignment = (more: Partial<Assignment> = {}): Assignment => ({
  ...{ deviceId: 'd 1', authentication: { type: 'sas', ...keys }, iotEdge: false, resetTwin: false },
  twin: { tags: { a: 1 }, desired: { b: 2 } },
  ...more,
})
const d1 = { deviceId: 'd-1' }

test('DPS-HUB-01 DPS-HUB-03: a device is created with its keys and its initial twin, found and removed', async () => {
  const hub = await elsewhere()
  const link = linked(hub)
  expect(link.hostName).toBe('127.0.0.2')
  expect(await link.twinOf('d-1')).toBeUndefined()
  await link.assign(assignment(d1))
  expect(hub.registry.get(d1).authentication).toMatchObject({ type: 'sas', symmetricKey: keys })
  expect(await link.twinOf('d-1')).toEqual({ tags: { a: 1 }, desired: { b: 2 }, reported: {} })
  await link.remove('d-1')
  await link.remove('d-1')
  expect(hub.registry.find(d1)).toBeUndefined()
})

test('DPS-HUB-02: a device that is there is taken over: its credential changes, its twin only when it is reset', async () => {
  const hub = await elsewhere()
  hub.registry.create(d1, { status: 'disabled', statusReason: 'lost' })
  hub.twins.patch(d1, { tags: { mine: true } }, undefined)
  const link = linked(hub)
  const thumbprint = 'AB'.repeat(32)
  await link.assign(assignment({ ...d1, authentication: { type: 'selfSigned', thumbprint } }))
  expect(hub.registry.get(d1)).toMatchObject({
    status: 'disabled',
    statusReason: 'lost',
    authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: thumbprint } },
  })
  expect(hub.twins.get(d1).tags).toEqual({ mine: true })
  await link.assign(assignment({ ...d1, resetTwin: true }))
  expect(hub.twins.get(d1)).toMatchObject({ tags: { a: 1 }, desired: { properties: { b: 2 } } })
  expect(hub.registry.get(d1).authentication.type).toBe('sas')
})

test('a twin that the hub refuses leaves no device behind, and an old one as it was', async () => {
  const hub = await elsewhere()
  const link = linked(hub)
  const twin = { tags: { 'a.b': 1 } }
  await expect(link.assign(assignment({ ...d1, twin }))).rejects.toThrow('it answered 400')
  expect(hub.registry.find(d1)).toBeUndefined()
  const { authentication } = hub.registry.create(d1)
  await expect(link.assign(assignment({ ...d1, twin, resetTwin: true }))).rejects.toThrow('it answered 400')
  expect(hub.registry.get(d1).authentication).toEqual(authentication)
})

test('a credential that the hub refuses is told as such; a hub that is not there is an error', async () => {
  const hub = await elsewhere()
  const wrong = stringOf(hub).replace(/SharedAccessKey=.*/, `SharedAccessKey=${keys.primaryKey}`)
  await expect(linked(hub, wrong).assign(assignment(d1))).rejects.toMatchObject({
    name: 'HubCredentialRefused',
    message: expect.stringContaining('Unauthorized') as string,
  })
  const nobody = 'HostName=127.0.0.2:1;SharedAccessKeyName=a;SharedAccessKey=QQ=='
  await expect(linked(hub, nobody).twinOf('d-1')).rejects.toThrow('ECONNREFUSED')
})

test('connection strings and weights that are none are refused, without the key', async () => {
  const hub = await start()
  const link = (connectionString: string, weight?: number) => () =>
    hub.provisioning?.link({ connectionString }, weight)
  expect(link('HostName=a;SharedAccessKey=secret')).toThrow('SharedAccessKeyName')
  expect(link('HostName=a;SharedAccessKey=secret')).not.toThrow('secret')
  expect(link('HostName=a;SharedAccessKeyName=p;SharedAccessKey=QQ==', 1001)).toThrow('allocationWeight')
  await expect(start({ seed: { linkedHubs: [{ connectionString: 'x' }] } })).rejects.toThrow(
    'connectionString',
  )
  await expect(
    start({ provisioning: false, seed: { linkedHubs: [{ connectionString: 'x' }] } }),
  ).rejects.toThrow('seed.linkedHubs')
})

test('a seed links hubs elsewhere, and a reset links them again', async () => {
  const other = await elsewhere()
  const hub = await start({
    seed: { linkedHubs: [{ connectionString: stringOf(other), allocationWeight: 7, ca: other.caPem }] },
  })
  const { provisioning } = hub
  expect(provisioning?.linkedHubs).toEqual([hub.hostName, '127.0.0.2'])
  provisioning?.unlink('127.0.0.2')
  hub.reset()
  expect(provisioning?.linkedHubs).toEqual([hub.hostName, '127.0.0.2'])
})
