import fc from 'fast-check'
import mqttPacket from 'mqtt-packet'
import { expect, test } from 'vitest'
import { PublishFrames } from './publish-frame.ts'

const topics = fc.oneof(
  fc.constant('devices/d/messages/events/'),
  fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }),
)
const payloads = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 300 }),
  // The sizes at which the remaining length takes another byte.
  fc.constantFrom(90, 16_350, 16_360, 262_144).map((size) => new Uint8Array(size).fill(7)),
)

test('another implementation parses the frames', () => {
  const frames = new PublishFrames()
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 65_535 }),
      topics,
      payloads,
      fc.boolean(),
      (id, topic, payload, dup) => {
        const parser = mqttPacket.parser({ protocolVersion: 4 })
        const seen: mqttPacket.Packet[] = []
        parser.on('packet', (packet) => seen.push(packet))
        expect(parser.parse(frames.frame(id, topic, payload, dup))).toBe(0)
        expect(seen).toMatchObject([{ cmd: 'publish', qos: 1, retain: false, dup, topic, messageId: id }])
        expect(seen[0]).toHaveProperty('payload', Buffer.from(payload as string))
      },
    ),
  )
})
