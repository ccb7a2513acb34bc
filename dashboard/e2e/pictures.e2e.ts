/** Pictures of every page to look at: light, dark and narrow; with data, empty, with long ids and markup. */

import { Message, MethodResponse, type IoTHubDeviceClient } from 'mock-iot-hub-client'
import { expect, test } from 'vitest'
import { places, see } from './places.ts'
import { openWorld, type World } from './world.ts'

/** A device that has done something of everything. */
async function live(world: World, deviceId: string, text: string): Promise<IoTHubDeviceClient> {
  const { hub } = world
  const device = world.device(deviceId)
  device.onMethodRequestReceived = async (request) => {
    await device.sendMethodResponse(MethodResponse.createFromMethodRequest(request, 200, { text }))
  }
  await device.connect()
  for (const temperature of [20, 21.5, 23, 22.4, 24]) {
    const message = new Message(JSON.stringify({ temperature, room: { humidity: temperature * 2, text } }))
    message.customProperties['level'] = text
    message.contentType = 'application/json'
    message.contentEncoding = 'utf-8'
    await device.sendMessage(message)
  }
  await device.patchTwinReportedProperties({ firmware: '1.2', note: text })
  hub.twins.patch({ deviceId }, { desired: { interval: 30, note: text }, tags: { floor: 2 } }, undefined)
  await hub.methods.invoke({ deviceId }, { methodName: 'reboot', payload: JSON.stringify({ text }) })
  hub.c2d.send({ deviceId }, { body: Buffer.from(text), system: {}, properties: { text } })
  const wrong = hub.connectionString({ deviceId }).replace(/[^=;]+=$/, 'd3Jvbmc=')
  await world
    .device(deviceId, wrong)
    .connect()
    .catch(() => undefined)
  for (const name of ['mqtt.puback.delay', 'twin.response.delay'])
    hub.faults.arm({ name, scope: { identity: deviceId }, parameters: { seconds: 2 } })
  return device
}

/** @returns pages whose content is wider than the window, or whose parts lie over each other. */
async function pictures(
  world: World,
  deviceId: string,
  name: string,
  state: 'full' | 'empty',
): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const { place, [state]: text } of places(deviceId)) {
    await see(world, place, text)
    await world.picture(
      `look/${place.replace(encodeURIComponent(deviceId), 'one').replaceAll('/', '-')}-${name}`,
    )
    wrong.push(...(await world.page.evaluate<string[]>(WRONG)).map((what) => `${place}: ${what}`))
  }
  return wrong
}

/** Runs in the page. */
const WRONG = `(() => {
  const wrong = []
  const main = document.querySelector('main')
  if (document.documentElement.scrollWidth > innerWidth || main.scrollWidth > main.clientWidth)
    wrong.push('wider than the window')
  for (const parent of main.querySelectorAll('*')) {
    const boxes = [...parent.children]
      .filter((one) => getComputedStyle(one).position === 'static' && one.checkVisibility())
      .map((one) => [one, one.getBoundingClientRect()])
      .filter(([, box]) => box.width > 1 && box.height > 1)
    boxes.forEach(([one, a], at) => {
      for (const [other, b] of boxes.slice(at + 1))
        if (
          getComputedStyle(one).display !== 'inline' && getComputedStyle(other).display !== 'inline' &&
          a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1
        )
          wrong.push(one.outerHTML.slice(0, 80) + ' lies over ' + other.outerHTML.slice(0, 80))
    })
  }
  return wrong
})()`

const LONG = `${'long-'.repeat(22)}id(onerror=1)`
const MARKUP = '<img src=x onerror="alert(1)"><script>alert(1)</script>'
const NARROW = { width: 620, height: 900 }
const seedOf = (deviceId: string) => ({
  devices: [
    { deviceId, modules: [{ moduleId: 'valve' }] },
    { deviceId: 'pump', status: 'disabled' as const },
    { deviceId: 'lamp' },
  ],
  enrollments: [{ registrationId: 'lamp-7', deviceId: 'lamp' }],
  enrollmentGroups: [{ enrollmentGroupId: 'fleet' }],
})

test.each([
  ['light', 'thermostat', 'fine', { colorScheme: 'light' }],
  ['dark', 'thermostat', 'fine', { colorScheme: 'dark' }],
  ['narrow', 'thermostat', 'fine', { viewport: NARROW }],
  ['long', LONG, MARKUP, {}],
  ['narrow-long', LONG, MARKUP, { viewport: NARROW, colorScheme: 'dark' }],
] as const)('pages with data, %s: nothing is too wide or overlaps', async (name, deviceId, text, context) => {
  await using world = await openWorld({ seed: seedOf(deviceId) }, context)
  await live(world, deviceId, text)
  expect(await pictures(world, deviceId, name, 'full')).toEqual([])
  expect(world.complaints).toEqual([])
})

test.each([
  ['empty', {}],
  ['narrow-empty', { viewport: NARROW }],
] as const)('pages of an empty hub say what to do, %s', async (name, context) => {
  await using world = await openWorld({ seed: { devices: [] } }, context)
  expect(await pictures(world, 'nobody', name, 'empty')).toEqual([])
})
