import { afterAll, describe, expect, test, vi } from 'vitest'
import { HubClock, ManualClock } from '../base/clock.ts'
import { createHub } from './create-hub.ts'
import { HubError } from './errors/hub-error.ts'

test('a hub without a clock makes one and stops it', () => {
  const hub = createHub()
  const { clock } = hub
  if (!(clock instanceof HubClock)) throw new Error('the hub has another clock')
  const stop = vi.spyOn(clock, 'stop')
  hub.stop()
  expect(stop).toHaveBeenCalledOnce()
})

test('a hub does not stop a clock that it is given', () => {
  const clock = new ManualClock()
  const stop = vi.spyOn(clock, 'stop')
  const hub = createHub({ clock })
  expect(hub.clock).toBe(clock)
  hub.stop()
  expect(stop).not.toHaveBeenCalled()
})

describe('secrets leave no hub, whoever writes them', () => {
  const SECRET = 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY='
  const TEXTS = [
    `/devices/d1?sig=${encodeURIComponent(SECRET)}`,
    `HostName=h;DeviceId=d;SharedAccessKey=${SECRET}`,
    `SharedAccessSignature sr=h&sig=${encodeURIComponent(SECRET)}&se=1`,
    `{"primaryKey":"${SECRET}"}`,
  ]
  const lines: string[] = []
  const log = (line: string): number => lines.push(line)
  const hub = createHub({ clock: new ManualClock(), logger: { info: log, warn: log } })
  afterAll(() => {
    hub.stop()
  })

  test.each(TEXTS)('%s', (text) => {
    lines.length = 0
    hub.logger.info(text)
    hub.logger.warn(text)
    expect(lines.join()).toContain('***')
    hub.journal.record({ type: 'request', method: 'GET', url: text, status: 200, caller: 'd1' })
    hub.refuse(
      new HubError({ kind: 'ArgumentInvalid', rule: 'WIRE-AUTH-01', expected: text, received: text }),
      {
        transport: 'https',
      },
    )
    const told = JSON.stringify([lines, hub.journal.entries, hub.lastRefusals])
    expect(told).not.toContain(SECRET.slice(0, 16))
  })
})
