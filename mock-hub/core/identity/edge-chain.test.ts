import { beforeEach, expect, test } from 'vitest'
import type { Hub } from '../contract/hub.ts'
import type { Identity } from '../contract/identity.ts'
import { openHub, primaryKeyOf, refusalOf, signed } from '../testing/test-hub.ts'

let hub: Hub
const EDGE_HUB = { deviceId: 'top', moduleId: '$edgeHub' }
const scopeOf = (deviceId: string): string => hub.registry.get({ deviceId }).deviceScope ?? ''
const token = ({ deviceId, moduleId }: Identity): string =>
  signed(
    `${hub.hostName}/devices/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}`,
    primaryKeyOf(hub, moduleId === undefined ? { deviceId } : { deviceId, moduleId }),
    Math.floor(hub.clock.now() / 1000) + 60,
  )
beforeEach(() => {
  ;({ hub } = openHub())
  hub.registry.create({ deviceId: 'top' }, { iotEdge: true })
  hub.registry.create({ deviceId: 'lower' }, { iotEdge: true, parentScopes: [scopeOf('top')] })
  for (const deviceId of ['top', 'lower'])
    hub.registry.update({ deviceId, moduleId: '$edgeHub' }, { authentication: { type: 'sas' } }, '*')
  hub.registry.create({ deviceId: 'leaf' }, { deviceScope: scopeOf('lower') })
  hub.registry.create({ deviceId: 'leaf', moduleId: 'm' })
  hub.registry.create({ deviceId: 'top', moduleId: 'm' })
})
const admit = (identity: Identity, authChain: string | undefined, by: Identity = EDGE_HUB) =>
  hub.authentication.admit(identity, { sasToken: token(by), authChain })

test.each<[Identity, string]>([
  [{ deviceId: 'leaf' }, 'leaf;lower;top'],
  [{ deviceId: 'leaf', moduleId: 'm' }, 'leaf/m;leaf;lower;top'],
  [{ deviceId: 'lower', moduleId: '$edgeAgent' }, 'lower/$edgeAgent;lower;top'],
  [{ deviceId: 'top', moduleId: 'm' }, 'top/m;top'],
])('WIRE-EDGE-11: $edgeHub connects %j with the chain %s', (identity, authChain) => {
  expect(admit(identity, authChain)).toMatchObject({ identity, credential: 'sas' })
})

test.each<[Identity, string | undefined]>([
  [{ deviceId: 'leaf' }, undefined],
  [{ deviceId: 'leaf' }, ''],
  [{ deviceId: 'leaf' }, 'leaf'],
  [{ deviceId: 'leaf' }, 'leaf;top'],
  [{ deviceId: 'leaf' }, 'leaf;lower'],
  [{ deviceId: 'leaf' }, 'lower;top'],
  [{ deviceId: 'leaf', moduleId: 'm' }, 'leaf/m;lower;top'],
  [{ deviceId: 'leaf', moduleId: 'm' }, 'leaf;lower;top'],
])('WIRE-EDGE-11: it does not connect %j with the chain %s', (identity, authChain) => {
  expect(refusalOf(() => admit(identity, authChain)).kind).toBe('IotHubUnauthorizedAccess')
})

test('WIRE-EDGE-11: nobody but $edgeHub acts for a child, and a chain takes nothing from an own token', () => {
  const chain = 'leaf;lower;top'
  for (const by of [
    { deviceId: 'top', moduleId: 'm' },
    { deviceId: 'lower', moduleId: '$edgeHub' },
  ])
    expect(refusalOf(() => admit({ deviceId: 'leaf' }, chain, by)).kind).toBe('IotHubUnauthorizedAccess')
  expect(admit({ deviceId: 'leaf' }, chain, { deviceId: 'leaf' }).scope).toBe('device')
  expect(admit(EDGE_HUB, 'top/$edgeHub;top').scope).toBe('module')
})

test('WIRE-EDGE-11: a disabled child, gateway or chain of gateways is refused', () => {
  for (const deviceId of ['leaf', 'lower', 'top']) {
    hub.registry.update({ deviceId }, { status: 'disabled' }, '*')
    expect(refusalOf(() => admit({ deviceId: 'leaf' }, 'leaf;lower;top')).status).toBeGreaterThan(400)
    hub.registry.update({ deviceId }, { status: 'enabled' }, '*')
  }
  expect(admit({ deviceId: 'leaf' }, 'leaf;lower;top').identity).toEqual({ deviceId: 'leaf' })
})
