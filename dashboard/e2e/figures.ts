/**
 * `npm run dashboard:figures`: how fast the page appears, and how it answers while a hub with 10,000 devices gets 1,000
 * messages a second. Hub, devices and browser are processes of their own on this machine. Prints a line for each figure.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { median, percentile } from '../../bench/figure.ts'
import type { MqttDevice } from '../../bench/load/mqtt-device.ts'
import { closeAll, offeredLoad } from '../../bench/load/offered-load.ts'
import { openDevices } from '../../bench/load/publish-load.ts'
import { startServer, type ServerProcess } from '../../bench/servers/server.ts'
import { theBrowser } from './world.ts'
import type { Page } from 'playwright-core'

const DEVICES = 10_000
const PER_SECOND = 1_000
const CONNECTIONS = 20
const MS = 8_000
const LOADS = 15
/** Each page, what a person does on it meanwhile, and where. */
const BUSY: readonly (readonly [name: string, place: string, act: (page: Page) => Promise<void>])[] = [
  ['overview', 'overview', (page) => page.getByRole('button', { name: 'Java' }).click()],
  ['devices', 'devices', (page) => list(page, 'PageDown')],
  ['timeline', 'devices/bench-0/timeline', (page) => list(page, 'ArrowUp')],
  ['plots', 'devices/bench-0/plots', (page) => page.getByRole('button', { name: 'b', exact: true }).click()],
  ['wire', 'wire', (page) => list(page, 'ArrowUp')],
]

/** Runs in the page: keeps the longest task and the longest time from an input to the next picture. */
const OBSERVE = `
  globalThis.longest = { task: 0, input: 0 }
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest.task = Math.max(longest.task, duration)
  }).observe({ type: 'longtask', buffered: true })
  new PerformanceObserver((list) => {
    for (const { duration, interactionId } of list.getEntries())
      if (interactionId > 0) longest.input = Math.max(longest.input, duration)
  }).observe({ type: 'event', durationThreshold: 16, buffered: true })`

async function list(page: Page, key: string): Promise<void> {
  await page.getByRole('listbox').focus()
  await page.keyboard.press(key)
}

async function main(): Promise<void> {
  const hub = await startServer('hub', { devices: DEVICES, control: true })
  const url = hub.ready.controlUrl ?? ''
  print('size of the page, gzipped', `${(gzipped() / 1024).toFixed(1)} KB`, 'at most 150 KB')
  const paints: number[] = []
  for (let n = 0; n < LOADS; n++) paints.push(await firstPaint(url))
  print(
    'first paint, cold cache',
    `${median(paints).toFixed(0)} ms (95 %: ${percentile(paints, 0.95).toFixed(0)} ms)`,
    'under 300 ms',
  )
  const devices = await openDevices(hub, CONNECTIONS)
  for (const [name, place, act] of BUSY) {
    const { task, input, acts, sent } = await busy(hub, devices, `${url}/#/${place}`, act)
    print(
      `${name}, ${sent.toFixed(0)} messages a second`,
      `longest task ${task.toFixed(0)} ms, longest input ${input.toFixed(0)} ms of ${String(acts)}`,
      'input under 200 ms',
    )
  }
  await closeAll(devices)
  await hub.stop()
  await (await theBrowser()).close()
}

function gzipped(): number {
  const folder = new URL('../dist/', import.meta.url)
  const files = ['index.html', ...readdirSync(new URL('assets/', folder)).map((name) => `assets/${name}`)]
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, folder))).length, 0)
}

async function firstPaint(url: string): Promise<number> {
  const context = await (await theBrowser()).newContext()
  const page = await context.newPage()
  await page.goto(url)
  await page.getByRole('heading', { level: 1 }).waitFor()
  const ms = await page.evaluate<number>(
    `new Promise((resolve) => new PerformanceObserver((list) => resolve(list.getEntries()[0].startTime))
      .observe({ type: 'paint', buffered: true }))`,
  )
  await context.close()
  return ms
}

async function busy(
  hub: ServerProcess,
  devices: readonly MqttDevice[],
  url: string,
  act: (page: Page) => Promise<void>,
) {
  const context = await (await theBrowser()).newContext({ viewport: { width: 1360, height: 850 } })
  const page = await context.newPage()
  await page.addInitScript(OBSERVE)
  await page.goto(url)
  await page.getByRole('heading', { level: 1 }).waitFor()
  let done = false
  const load = offeredLoad(hub, devices, PER_SECOND, MS, Buffer.from('{"a": 21.5, "b": 7}'))
  const ended = load.finally(() => {
    done = true
  })
  let acts = 0
  for (; !done; acts++) {
    await act(page)
    // The next picture: what the input has caused can be seen.
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))')
  }
  const { extra } = await ended
  const { task, input } = await page.evaluate<{ task: number; input: number }>('longest')
  await context.close()
  return { task, input, acts, sent: extra?.['sentPerSecond'] ?? 0 }
}

function print(what: string, measured: string, goal: string): void {
  process.stdout.write(`${what.padEnd(40)} ${measured.padEnd(56)} ${goal}\n`)
}

await main()
process.exit(0)
