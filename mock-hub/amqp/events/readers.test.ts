import { beforeEach, expect, test } from 'vitest'
import { HubError } from '../../core/errors/hub-error.ts'
import { Readers } from './readers.ts'

let readers: Readers
let stolen: string[]
beforeEach(() => {
  readers = new Readers()
  stolen = []
})
const enter = (name: string, epoch?: number): (() => void) =>
  readers.enter('0/$default', { epoch, name, stolen: ({ kind }) => stolen.push(`${name}: ${kind}`) })
const refusalOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof HubError) return error.kind
    throw error
  }
  return 'none'
}

test('WIRE-AMQP-10: a reader with an epoch owns a partition until one with a higher epoch comes', () => {
  enter('old', 1)
  expect(refusalOf(() => enter('without'))).toBe('LinkCreationConflict')
  expect(refusalOf(() => enter('lower', 0))).toBe('LinkCreationConflict')
  expect(stolen).toEqual([])
  enter('new', 2)
  expect(stolen).toEqual(['old: LinkCreationConflict'])
})

test('WIRE-AMQP-22: the texts of Event Hubs, with the names of the readers', () => {
  const texts: string[] = []
  const open = (name: string, epoch?: number) =>
    readers.enter('0/$default', { epoch, name, stolen: ({ message }) => texts.push(message) })
  open('nil', 1)
  open('b', 1)
  expect(texts).toEqual([
    "New receiver 'b' with higher epoch of '1' is created hence current receiver 'nil' with epoch '1' is getting disconnected. If you are recreating the receiver, make sure a higher epoch is used.",
  ])
  expect(() => open('c', 0)).toThrow(
    "Receiver 'b' with a higher epoch '1' already exists. Receiver 'c' with epoch 0 cannot be created. Make sure you are creating receiver with increasing epoch value to ensure connectivity, or ensure all old epoch receivers are closed or disconnected.",
  )
  expect(() => open('d')).toThrow("At least one receiver for the endpoint is created with epoch of '1'")
})

test('an owner ends the readers without an epoch', () => {
  enter('first')
  enter('second')
  enter('owner', 0)
  expect(stolen).toEqual(['first: LinkCreationConflict', 'second: LinkCreationConflict'])
})

test('five readers without an epoch read at a time; one that leaves makes place for another', () => {
  const leaves = [1, 2, 3, 4, 5].map((n) => enter(`reader ${String(n)}`))
  expect(refusalOf(() => enter('sixth'))).toBe('DeviceMaximumQueueSizeExceeded')
  leaves[0]?.()
  expect(refusalOf(() => enter('sixth'))).toBe('none')
})
