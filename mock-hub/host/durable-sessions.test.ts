/** What devices over MQTT find after a restart of their hub. */

import type { IPublishPacket } from 'mqtt'
import { describe, expect, test } from 'vitest'
import { connected, D1, device, message, SEED } from './testing/data-devices.ts'
import { useDataDirectory } from './testing/data-hubs.ts'

const { open, again, killed } = useDataDirectory()

describe('MQTT sessions', () => {
  test('filters, messages and packet ids are there after a restart', async () => {
    const first = await open({ seed: SEED })
    // It acknowledges the first message alone.
    const before = device(first, { customHandleAcks: undefined, manualAcks: true })
    before.handleMessage = ({ payload }, done) => {
      if (String(payload) === 'zero') done()
    }
    await connected(before)
    await before.subscribeAsync('devices/d1/messages/devicebound/#', { qos: 1 })
    first.c2d.send(D1, message('zero'))
    const acknowledged = await first.journal.until(
      (entry) => entry.type === 'packet' && (entry.packet as { cmd?: string }).cmd === 'puback',
    )
    const got = new Promise<void>((resolve) => {
      before.once('packetreceive', () => {
        resolve()
      })
    })
    first.c2d.send(D1, message('one'))
    await got
    const sent = await first.journal.until(
      ({ type, ...entry }) => {
        const { cmd, direction } = entry as { cmd?: string; direction?: string }
        return type === 'packet' && cmd === 'publish' && direction === 'out'
      },
      { after: acknowledged.seq },
    )
    const { messageId } = (sent as unknown as { packet: IPublishPacket }).packet
    const second = await again()
    before.end(true)
    expect(second.c2d.waiting(D1)).toMatchObject([{ deliveries: 1, failures: 0 }])
    const after = device(second)
    const packets: IPublishPacket[] = []
    const arrived = new Promise<void>((resolve) => {
      after.on('message', (_topic, _payload, packet) => {
        packets.push(packet)
        resolve()
      })
    })
    const connack = await connected(after)
    expect(connack.sessionPresent).toBe(true)
    await arrived
    expect(packets[0]).toMatchObject({ dup: true, messageId })
    expect(String(packets[0]?.payload)).toBe('one')
    await after.endAsync()
  })

  test('a filter that was taken back stays away', async () => {
    const first = await open({ seed: SEED })
    const before = device(first)
    await connected(before)
    await before.subscribeAsync('devices/d1/messages/devicebound/#', { qos: 1 })
    await before.unsubscribeAsync('devices/d1/messages/devicebound/#')
    const second = await killed()
    before.end(true)
    const after = device(second)
    expect((await connected(after)).sessionPresent).toBe(false)
    await after.endAsync()
  })

  test('a clean session leaves nothing behind', async () => {
    const first = await open({ seed: SEED })
    const before = device(first, { clean: true })
    await connected(before)
    await before.subscribeAsync('devices/d1/messages/devicebound/#', { qos: 1 })
    const second = await again()
    before.end(true)
    const after = device(second)
    const connack = await connected(after)
    expect(connack.sessionPresent).toBe(false)
    await after.endAsync()
  })
})

test('the meter goes on', async () => {
  const first = await open({ seed: SEED })
  const client = device(first)
  await connected(client)
  await client.publishAsync('devices/d1/messages/events/', 'x', { qos: 1 })
  await client.endAsync()
  const { meter } = first.throttle
  expect(meter.used).toBe(1)
  expect((await again()).throttle.meter).toEqual(meter)
})
