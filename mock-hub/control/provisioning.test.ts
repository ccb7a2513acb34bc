import { afterEach, expect, test } from 'vitest'
import { make } from '../provisioning/testing/certificates.ts'
import { startMockHub } from '../host/start.ts'
import type { MockHub } from '../host/mock-hub.ts'

let hub: MockHub
afterEach(() => hub.stop())

const call = async (
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly json: unknown }> => {
  const answer = await fetch(`${hub.controlUrl ?? ''}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) }
}

test('enrollments and groups are created, replaced, read with their keys, and deleted', async () => {
  hub = await startMockHub()
  const attestation = { type: 'symmetricKey' }
  for (const [root, field] of [
    ['/enrollments', 'registrationId'],
    ['/enrollment-groups', 'enrollmentGroupId'],
  ] as const) {
    expect((await call('PUT', `${root}/a`, { attestation })).status).toBe(200)
    expect(await call('PUT', `${root}/a`, { attestation, provisioningStatus: 'disabled' })).toMatchObject({
      status: 200,
      json: { provisioningStatus: 'disabled' },
    })
    expect((await call('GET', `${root}/a`)).json).toMatchObject({
      [field]: 'a',
      attestation: { symmetricKey: { primaryKey: expect.any(String) as string } },
    })
    expect((await call('GET', root)).json).toMatchObject([
      { [field]: 'a', attestation: { type: 'symmetricKey' } },
    ])
    expect((await call('PUT', `${root}/b`, { attestation: { type: 'password' } })).json).toMatchObject({
      error: 'GenericBadRequest',
      explanation: { rule: 'DPS-ENR-10' },
    })
    expect((await call('DELETE', `${root}/a`)).status).toBe(204)
    expect((await call('GET', `${root}/a`)).status).toBe(404)
  }
})

test('enrollments and groups are read page by page, and found by a text in their id', async () => {
  hub = await startMockHub()
  const ids = async (path: string): Promise<readonly (readonly [unknown, string | null])[]> => {
    const answer = await fetch(`${hub.controlUrl ?? ''}${path}`)
    const rows = (await answer.json()) as readonly Record<string, unknown>[]
    return rows.map((row) => [
      row['registrationId'] ?? row['enrollmentGroupId'],
      answer.headers.get('x-total-count'),
    ])
  }
  for (const root of ['/enrollments', '/enrollment-groups']) {
    for (const id of ['a1', 'a2', 'b1'])
      await call('PUT', `${root}/${id}`, { attestation: { type: 'symmetricKey' } })
    expect(await ids(`${root}?contains=A&skip=1`)).toEqual([['a2', '2']])
    expect(await ids(`${root}?limit=1`)).toEqual([['a1', '3']])
  }
})

test('certificates are uploaded and verified, hubs are unlinked', async () => {
  hub = await startMockHub()
  const root = await make('root', undefined, { ca: true })
  const { json } = await call('PUT', '/certificates/r', { certificate: root.pem })
  expect(json).toMatchObject({ name: 'r', verified: false })
  const code = (await call('POST', '/certificates/r/verification-code')).json as { verificationCode: string }
  const proof = await make(code.verificationCode, root)
  expect((await call('POST', '/certificates/r/verify', { certificate: proof.pem })).json).toMatchObject({
    verified: true,
  })
  expect((await call('GET', '/certificates')).json).toMatchObject([{ name: 'r', verified: true }])
  expect((await call('DELETE', '/certificates/r')).status).toBe(204)
  expect((await call('GET', '/linked-hubs')).json).toEqual([{ hostName: hub.hostName, allocationWeight: 1 }])
  expect((await call('DELETE', `/linked-hubs/${hub.hostName}`)).json).toEqual({ unlinked: true })
  expect((await call('GET', '/registrations')).json).toEqual([])
  expect((await call('DELETE', '/registrations/x')).status).toBe(404)
})

test('without the service there are no routes for it', async () => {
  hub = await startMockHub({ provisioning: false })
  expect((await call('GET', '/enrollments')).status).toBe(404)
})
