import { afterEach, beforeEach, expect, test } from 'vitest'
import { createHub } from '../core/create-hub.ts'
import type { Hub } from '../core/contract/hub.ts'
import { mockHubOf, type HostMembers, type MockHub } from './mock-hub.ts'

let core: Hub
let hub: MockHub
beforeEach(() => {
  core = createHub()
  // The members of the host do not matter here.
  hub = mockHubOf(core, { address: '127.0.0.1' } as HostMembers)
})
afterEach(() => {
  core.stop()
})

const INTERNAL = ['clock', 'logger', 'authentication', 'deviceFaults']

test('a MockHub has every field of the core except the internal ones', () => {
  const fields = Object.keys(core)
  expect(fields.length).toBeGreaterThan(10)
  for (const name of fields) {
    if (INTERNAL.includes(name)) expect(hub).not.toHaveProperty(name)
    else expect(Reflect.get(hub, name), name).toBe(Reflect.get(core, name))
  }
})

test('what adapters call on the core is not there', () => {
  for (const name of ['perform', 'openSession', 'refuse', 'attachBlobStorage'])
    expect(hub).not.toHaveProperty(name)
})

test('accessors read and write the core', () => {
  hub.routes = ['FROM /messages/* INTO $upstream']
  expect(core.routes).toEqual(['FROM /messages/* INTO $upstream'])
  core.routes = []
  expect(hub.routes).toEqual([])
  expect(hub.lastRefusals).toEqual([])
})

test('own members of the host are there, and all members are listed', () => {
  expect(hub.address).toBe('127.0.0.1')
  expect(Object.keys(hub)).toEqual(expect.arrayContaining(['address', 'journal', 'routes', 'lastRefusals']))
})
