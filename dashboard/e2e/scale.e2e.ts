import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openWorld } from './world.ts'

test('the page weighs at most 150 KB, gzipped', () => {
  const folder = new URL('../dist/', import.meta.url)
  const files = ['index.html', ...readdirSync(new URL('assets/', folder)).map((name) => `assets/${name}`)]
  const bytes = files.map((file) => gzipSync(readFileSync(new URL(file, folder))).length)
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150 * 1024)
})

test('10,000 devices scroll, and a flood of messages is sampled', async () => {
  await using world = await openWorld()
  const { page, hub } = world
  for (let n = 0; n < 10_000; n++) hub.registry.create({ deviceId: `device-${String(n).padStart(5, '0')}` })
  await world.goto('devices')
  const list = page.getByRole('listbox', { name: /Devices/ })
  await page.getByText('10,000 devices').waitFor()
  await list.getByText('device-00000').waitFor()
  await list.focus()
  await page.keyboard.press('End')
  await list.getByText('device-09999').waitFor()
  expect(await list.getByRole('option').count()).toBeLessThan(80)

  await world.goto('devices/device-00007')
  const device = world.device('device-00007')
  await device.connect()
  await page.getByRole('listbox').getByText('over mqtt', { exact: true }).waitFor()
  await Promise.all(Array.from({ length: 1_000 }, (_, n) => device.sendMessage(`{"n": ${String(n)}}`)))
  await page.getByText(/the hub left out/).waitFor()
  await page.getByRole('link', { name: 'Plots' }).click()
  await page.getByText('a sample of the messages').waitFor()
  expect(world.complaints).toEqual([])
})
