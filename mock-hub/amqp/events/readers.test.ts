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
  readers.enter('0/$default', { epoch, stolen: ({ kind }) => stolen.push(`${name}: ${kind}`) })
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
