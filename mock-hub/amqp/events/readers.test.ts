import { beforeEach, expect, test } from 'vitest'
import { HubError } from '../../core/errors/hub-error.ts'
import { Readers } from './readers.ts'

let readers: Readers
let told: string[]
beforeEach(() => {
  readers = new Readers()
  told = []
})
const enter = (name: string, epoch?: number): (() => void) =>
  readers.enter('0/$default', { epoch, stolen: ({ kind }) => told.push(`${name}: ${kind}`) })
const refusalOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof HubError) return error.kind
    throw error
  }
  return 'none'
}

test('WIRE-AMQP-10: whoever claims a partition has it alone, until one with a higher epoch comes', () => {
  enter('old', 1)
  expect(refusalOf(() => enter('without'))).toBe('LinkCreationConflict')
  expect(refusalOf(() => enter('lower', 0))).toBe('LinkCreationConflict')
  expect(told).toEqual([])
  enter('new', 2)
  expect(told).toEqual(['old: LinkCreationConflict'])
})

test('a claim ends those who claim nothing', () => {
  enter('first')
  enter('second')
  enter('owner', 0)
  expect(told).toEqual(['first: LinkCreationConflict', 'second: LinkCreationConflict'])
})

test('without a claim five read at a time, and a place that is given up is free', () => {
  const leaves = [1, 2, 3, 4, 5].map((n) => enter(`reader ${String(n)}`))
  expect(refusalOf(() => enter('sixth'))).toBe('DeviceMaximumQueueSizeExceeded')
  leaves[0]?.()
  expect(refusalOf(() => enter('sixth'))).toBe('none')
})
