import { expect, test, vi } from 'vitest'
import type { PageRequest } from '../core/contract/services/queries.ts'
import { useDataDirectory } from './testing/data-hubs.ts'

const { open, again } = useDataDirectory()
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
      expect(second.services.importExport.get(String(job['jobId']))['status']).not.toMatch(/enqueued|running/)
    })
    expect(second.services.importExport.get(String(job['jobId']))).toMatchObject({ status: 'completed' })
  },
)
