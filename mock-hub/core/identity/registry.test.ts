import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Hub } from '../contract/hub.ts'
import type { IdentitySpec, RegistryChange } from '../contract/registry.ts'
import { openHub, refusalOf } from '../testing/test-hub.ts'

const d = { deviceId: 'd' }
const m = { deviceId: 'd', moduleId: 'm' }
let hub: Hub
let wind: (ms: number) => void
beforeEach(() => {
  const open = openHub({ modulesPerDevice: 3, maxDevices: 4 })
  hub = open.hub
  wind = (ms) => {
    open.clock.advance(ms)
  }
})
const KEY = Buffer.alloc(32, 7).toString('base64')

describe('creating', () => {
  test('WIRE-REG-01 WIRE-REG-02: two keys of 32 bytes, a generation of ticks, an etag of decimal text', () => {
    const { authentication, generationId, etag, status } = hub.registry.create(d)
    const { primaryKey, secondaryKey } = authentication.symmetricKey
    expect([primaryKey, secondaryKey].map((key) => Buffer.from(key ?? '', 'base64').length)).toEqual([32, 32])
    expect(primaryKey).not.toBe(secondaryKey)
    expect(BigInt(generationId) / 10_000_000n - 62_135_596_800n).toBe(
      BigInt(Math.floor(hub.clock.now() / 1000)),
    )
    expect(Buffer.from(etag, 'base64').toString()).toMatch(/^\d+$/)
    expect(status).toBe('enabled')
  })

  test.each([15, 16, 64, 65])('WIRE-REG-02: a key of %i bytes', (length) => {
    const primaryKey = Buffer.alloc(length, 1).toString('base64')
    const create = () => hub.registry.create(d, { authentication: { symmetricKey: { primaryKey } } })
    if (length >= 16 && length <= 64) expect(create().authentication.symmetricKey.primaryKey).toBe(primaryKey)
    else {
      const { kind, message } = refusalOf(create)
      expect(kind).toBe('ArgumentInvalid')
      expect(message).not.toContain(primaryKey)
      expect(hub.registry.size).toBe(0)
    }
  })

  test.each(['not base64!', 'abc', `${KEY}=`])('WIRE-REG-02: %j is refused as a key', (primaryKey) => {
    const spec: IdentitySpec = { authentication: { symmetricKey: { primaryKey } } }
    expect(refusalOf(() => hub.registry.create(d, spec)).explanation.rule).toBe('WIRE-REG-02')
  })

  test('WIRE-REG-03 WIRE-REG-14: an identity that exists already', () => {
    hub.registry.create(d)
    hub.registry.create(m)
    expect(refusalOf(() => hub.registry.create(d)).code).toBe(409001)
    expect(refusalOf(() => hub.registry.create(m)).code).toBe(409301)
  })

  test('WIRE-REG-09: the accepted ids are exactly those of the rule', () => {
    const allowed = /^[A-Za-z0-9\-.+%_#*?!(),:=@$';]{1,128}$/
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 5 }), fc.string({ unit: 'binary' })), (deviceId) => {
        const open = openHub().hub
        const create = () => open.registry.create({ deviceId })
        if (allowed.test(deviceId)) expect(create().identity.deviceId).toBe(deviceId)
        else expect(refusalOf(create).kind).toBe('ArgumentInvalid')
      }),
      { numRuns: 300 },
    )
    for (const length of [1, 128]) hub.registry.create({ deviceId: 'x'.repeat(length) })
    for (const deviceId of ['', 'x'.repeat(129), 'a/b', 'ä', 'a b'])
      expect(refusalOf(() => hub.registry.create({ deviceId })).explanation.rule).toBe('WIRE-REG-09')
  })

  test('WIRE-MOD-07: modules of a device are limited, those of the edge runtime do not count', () => {
    hub.registry.create(d, { iotEdge: true })
    for (const moduleId of ['1', '2', '3']) hub.registry.create({ ...d, moduleId })
    expect(refusalOf(() => hub.registry.create({ ...d, moduleId: '4' })).code).toBe(413003)
  })

  test('devices are limited', () => {
    for (const deviceId of ['1', '2', '3', '4']) hub.registry.create({ deviceId })
    expect(refusalOf(() => hub.registry.create({ deviceId: '5' })).code).toBe(413002)
    hub.registry.remove({ deviceId: '1' }, '*')
    hub.registry.create({ deviceId: '5' })
  })

  test('a module needs its device', () => {
    expect(refusalOf(() => hub.registry.create(m)).code).toBe(404001)
  })
})

describe('changing and removing', () => {
  test('WIRE-REG-04 WIRE-REG-05: *, "*", an etag in quotes; a stale one is 412001 and changes nothing', () => {
    const first = hub.registry.create(d)
    let { etag } = first
    const numberOf = (text: string) => Number(Buffer.from(text, 'base64').toString())
    for (const match of ['*', '"*"', undefined, '"etag"', 'W/"etag"', 'bare', '', '""']) {
      const after = hub.registry.update(d, { statusReason: match ?? null }, match?.replace('etag', etag))
      expect(numberOf(after.etag)).toBe(numberOf(etag) + 1)
      etag = after.etag
    }
    for (const stale of [`"${first.etag}"`, '"x"']) {
      expect(refusalOf(() => hub.registry.update(d, { status: 'disabled' }, stale)).code).toBe(412001)
      expect(refusalOf(() => hub.registry.remove(d, stale)).code).toBe(412001)
    }
    expect(refusalOf(() => hub.registry.remove(d, `"${first.etag}"`)).message).toBe(
      'Precondition failed: Device version did not match, ' +
        `existingVersion:${String(numberOf(etag))} newVersion:${String(numberOf(first.etag))}`,
    )
    expect(hub.registry.get(d)).toMatchObject({ status: 'enabled', etag, generationId: first.generationId })
  })

  test('an identity that is made again has an etag that the former one never had', () => {
    const seen = new Set([hub.registry.create(d).etag])
    for (let n = 0; n < 3; n++) seen.add(hub.registry.update(d, {}, '*').etag)
    hub.registry.remove(d, '*')
    expect(seen.has(hub.registry.create(d).etag)).toBe(false)
  })

  test.each([
    ['primaryKey', [true, false]],
    ['secondaryKey', [false, true]],
    ['both', [true, true]],
  ] as const)('WIRE-REG-22: new keys: %s', (which, changed) => {
    const before = hub.registry.create(d)
    const after = hub.registry.regenerateKeys(d, which)
    const keys = ({ authentication: { symmetricKey } }: typeof before) => [
      symmetricKey.primaryKey,
      symmetricKey.secondaryKey,
    ]
    expect(keys(after).map((key, at) => key !== keys(before)[at])).toEqual(changed)
    expect(after.etag).not.toBe(before.etag)
  })

  test('WIRE-REG-22: an identity without symmetric keys gets none', () => {
    hub.registry.create(d, { authentication: { type: 'certificateAuthority' } })
    expect(refusalOf(() => hub.registry.regenerateKeys(d, 'both')).kind).toBe('InvalidOperation')
    expect(refusalOf(() => hub.registry.regenerateKeys(m, 'both')).code).toBe(404010)
  })

  test('status keeps the time of its last change', () => {
    hub.registry.create(d)
    wind(1_000)
    const at = hub.clock.now()
    expect(hub.registry.update(d, { status: 'disabled', statusReason: 'why' }, '*').statusUpdatedAt).toBe(at)
    wind(1_000)
    expect(hub.registry.update(d, { statusReason: null }, '*')).toMatchObject({
      status: 'disabled',
      statusReason: null,
      statusUpdatedAt: at,
    })
    expect(refusalOf(() => hub.registry.update(d, { statusReason: 'x'.repeat(129) }, '*')).kind).toBe(
      'ArgumentInvalid',
    )
  })

  test('keys that are not given stay; type none, then sas with empty keys, generates keys', () => {
    const before = hub.registry.create(d).authentication
    const empty = { primaryKey: '', secondaryKey: null }
    expect(hub.registry.update(d, {}, '*').authentication).toEqual(before)
    expect(
      hub.registry.update(d, { authentication: { type: 'sas', symmetricKey: empty } }, '*').authentication,
    ).toEqual(before)
    hub.registry.update(d, { authentication: { type: 'none' } }, '*')
    const made = hub.registry.update(d, { authentication: { type: 'sas', symmetricKey: empty } }, '*')
    expect(made.authentication.symmetricKey.primaryKey).toMatch(/=$/)
    expect(made.authentication.symmetricKey.primaryKey).not.toBe(before.symmetricKey.primaryKey)
  })

  test('thumbprints alone mean selfSigned; an incomplete thumbprint is refused', () => {
    const primaryThumbprint = 'AB'.repeat(20)
    const { authentication } = hub.registry.create(d, {
      authentication: { x509Thumbprint: { primaryThumbprint } },
    })
    expect(authentication).toEqual({
      type: 'selfSigned',
      symmetricKey: { primaryKey: null, secondaryKey: null },
      x509Thumbprint: { primaryThumbprint, secondaryThumbprint: null },
    })
    for (const x509Thumbprint of [{ primaryThumbprint: 'AB' }, { secondaryThumbprint: 'g'.repeat(40) }])
      expect(
        refusalOf(() =>
          hub.registry.create({ deviceId: 'e' }, { authentication: { type: 'selfSigned', x509Thumbprint } }),
        ).kind,
      ).toBe('ArgumentInvalid')
  })

  test('WIRE-REG-06 WIRE-REG-07: modules are removed with their device, and a new device of the same name is another one', () => {
    const { generationId } = hub.registry.create(d)
    hub.registry.create(m)
    hub.twins.patch(m, { desired: { a: 1 } }, '*')
    const told: string[] = []
    hub.registry.onChange(({ type, record }) => told.push(`${type} ${record.identity.moduleId ?? 'device'}`))
    hub.registry.remove(d, '*')
    expect(told).toEqual(['deleted m', 'deleted device'])
    for (const identity of [d, m]) {
      expect(hub.registry.find(identity)).toBeUndefined()
      expect(refusalOf(() => hub.registry.get(identity)).code).toBe(404001)
      expect(refusalOf(() => hub.twins.get(identity)).code).toBe(404001)
    }
    expect(BigInt(hub.registry.create(d).generationId)).toBeGreaterThan(BigInt(generationId))
    expect(refusalOf(() => hub.registry.get(m)).code).toBe(404010)
    hub.registry.create(m)
    expect(hub.twins.get(m).desired.properties).toEqual({})
  })

  test('listeners get the record before and after a change', () => {
    const changes: RegistryChange[] = []
    const stop = hub.registry.onChange((change) => changes.push(change))
    const created = hub.registry.create(d)
    const updated = hub.registry.update(d, { status: 'disabled' }, '*')
    stop()
    hub.registry.remove(d, '*')
    expect(changes).toEqual([
      { type: 'created', record: created, before: undefined },
      { type: 'updated', record: updated, before: created },
    ])
  })
})

describe('edge devices', () => {
  test('WIRE-REG-15 WIRE-REG-16: two modules without keys, and a scope of its generation', () => {
    const { generationId, deviceScope } = hub.registry.create(d, { iotEdge: true })
    expect(deviceScope).toBe(`ms-azure-iot-edge://d-${generationId}`)
    const modules = hub.registry.modulesOf('d')
    expect(modules.map(({ identity }) => identity.moduleId)).toEqual(['$edgeAgent', '$edgeHub'])
    expect(modules.map(({ authentication }) => authentication.type)).toEqual(['none', 'none'])
    expect(refusalOf(() => hub.registry.remove({ ...d, moduleId: '$edgeHub' }, '*')).code).toBe(401100)
    hub.registry.update(d, { iotEdge: false }, '*')
    expect(hub.registry.modulesOf('d')).toEqual([])
    expect(hub.registry.update(d, { iotEdge: true }, '*').deviceScope).toBe('ms-azure-iot-edge://d-')
    expect(hub.registry.modulesOf('d')).toHaveLength(2)
  })

  test('WIRE-REG-17: a child has its parent in parentScopes; an unknown scope is 400028', () => {
    const { deviceScope = '' } = hub.registry.create(d, { iotEdge: true })
    const child = { deviceId: 'child-1' }
    expect(hub.registry.create(child, { deviceScope })).toMatchObject({
      deviceScope,
      parentScopes: [deviceScope],
    })
    expect(hub.registry.update(child, { status: 'disabled' }, '*').parentScopes).toEqual([deviceScope])
    expect(hub.registry.update(child, { deviceScope: '' }, '*')).toMatchObject({
      deviceScope: undefined,
      parentScopes: [],
    })
    for (const wrong of ['x', 'ms-azure-iot-edge://d-1', 'ms-azure-iot-edge://child-1-1', `${deviceScope}0`])
      expect(refusalOf(() => hub.registry.update(child, { deviceScope: wrong }, '*')).code).toBe(400028)
    const nested = hub.registry.create({ deviceId: 'e' }, { iotEdge: true, parentScopes: [deviceScope] })
    expect(nested.parentScopes).toEqual([deviceScope])
    expect(nested.deviceScope).not.toBe(deviceScope)
  })
})

test('the same seed makes the same keys', () => {
  const keys = (seed: number) =>
    openHub({ seed }).hub.registry.create(d).authentication.symmetricKey.primaryKey
  expect(keys(5)).toBe(keys(5))
  expect(keys(5)).not.toBe(keys(6))
})

describe('a value that is not an identity is named', () => {
  const calls: readonly [string, (identity: never) => unknown][] = [
    ['registry.create', (identity) => hub.registry.create(identity)],
    ['registry.find', (identity) => hub.registry.find(identity)],
    ['registry.get', (identity) => hub.registry.get(identity)],
    ['registry.update', (identity) => hub.registry.update(identity, {}, '*')],
    [
      'registry.remove',
      (identity) => {
        hub.registry.remove(identity, '*')
      },
    ],
    ['twins.get', (identity) => hub.twins.get(identity)],
    ['twins.patch', (identity) => hub.twins.patch(identity, { tags: {} }, undefined)],
    ['c2d.send', (identity) => hub.c2d.send(identity, { body: Buffer.alloc(0), system: {}, properties: {} })],
    [
      'inputs.send',
      (identity) => {
        hub.inputs.send(identity, 'in', { body: Buffer.alloc(0), system: {}, properties: {} })
      },
    ],
  ]
  test.each(calls)('%s', (_name, call) => {
    for (const value of ['d', undefined, null, 5, { deviceId: 5 }, { deviceID: 'd' }])
      expect(() => call(value as never), JSON.stringify(value)).toThrow(
        'identity: expected deviceId to be a string',
      )
    expect(() => call({ deviceId: 'd', moduleId: 5 } as never)).toThrow('identity: expected moduleId to be')
  })

  test('methods.invoke', async () => {
    await expect(hub.methods.invoke('d' as never, { methodName: 'm', payload: '1' })).rejects.toThrow(
      'identity: expected deviceId to be a string',
    )
  })
})
