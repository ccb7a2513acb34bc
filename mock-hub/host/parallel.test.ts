import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import type { MockHub } from './mock-hub.ts'
import { startMockHub } from './start.ts'
import { atOwnAddress } from './sdk-ports.ts'

const running: MockHub[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((hub) => hub.stop()))
})

test('twenty hubs at once, each at a loopback address of its own with the ports of SDKs', async () => {
  const starts = Array.from({ length: 20 }, () => startMockHub({ parallel: true, controlPort: false }))
  running.push(...(await Promise.all(starts)))
  expect(new Set(running.map(({ address }) => address)).size).toBe(20)
  for (const { address, hostName, mqttPort, httpsPort, amqpPort } of running) {
    expect(address).toMatch(/^127\.0\.0\.\d+$/)
    expect([hostName, mqttPort, amqpPort]).toEqual([address, 8883, 5671])
    expect([443, 8443]).toContain(httpsPort)
  }
})

test('ports and host name that are given stay', async () => {
  const hub = await startMockHub({
    ...{ parallel: true, mqttPort: 0, amqpPort: false, hostName: 'hub.example', controlPort: false },
  })
  running.push(hub)
  expect([hub.hostName, hub.amqpPort]).toEqual(['hub.example', undefined])
  expect(hub.mqttPort).not.toBe(8883)
})

test('an address beside it is refused by name', async () => {
  await expect(startMockHub({ parallel: true, address: '127.0.0.9' })).rejects.toThrow(
    'startMockHub: expected address to be left out with parallel; given: "127.0.0.9"',
  )
})

const systemError = (code: string, address: string, port: number): Error =>
  Object.assign(new Error(code), { code, address, port })

test('443 that may not be opened gives way to 8443 at every address', async () => {
  const tried: string[] = []
  const result = await atOwnAddress((address, { https }) => {
    tried.push(`${address}:${String(https)}`)
    if (https === 443) return Promise.reject(systemError('EACCES', address, 443))
    if (address === '127.0.0.1') return Promise.reject(systemError('EADDRINUSE', address, 8883))
    return Promise.resolve(address)
  })
  expect(result).toBe('127.0.0.2')
  expect(tried).toEqual(['127.0.0.1:443', '127.0.0.1:8443', '127.0.0.2:8443'])
})

test('a system without further loopback addresses: the error says so', async () => {
  const start = (address: string): Promise<never> =>
    Promise.reject(systemError(address === '127.0.0.1' ? 'EADDRINUSE' : 'EADDRNOTAVAIL', address, 8883))
  await expect(atOwnAddress(start)).rejects.toThrow(/taken on all 1 loopback addresses of this system/)
})

test('another error ends it', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const controlPort = typeof address === 'object' && address !== null ? address.port : 0
  await expect(atOwnAddress(() => Promise.reject(new Error('other')))).rejects.toThrow('other')
  await expect(
    startMockHub({ parallel: true, controlPort, controlAddress: '127.0.0.1' }),
  ).rejects.toMatchObject({ port: controlPort })
  other.close()
})
