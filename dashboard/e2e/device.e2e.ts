import { readFileSync } from 'node:fs'
import { MethodResponse, type ReceivedMessage } from 'mock-iot-hub-client'
import { describe, expect, test } from 'vitest'
import { openWorld } from './world.ts'

const SEED = { devices: [{ deviceId: 'thermostat' }, { deviceId: 'pump', modules: [{ moduleId: 'valve' }] }] }

describe('devices', () => {
  test('are created, searched, asked for, disabled and deleted', async () => {
    await using world = await openWorld({ seed: SEED })
    const { page, hub } = world
    await world.goto('devices')
    const list = page.getByRole('listbox', { name: /Devices/ })
    await list.getByText('thermostat').waitFor()
    await page.getByRole('button', { name: 'New device' }).click()
    const dialog = page.getByRole('dialog', { name: 'New device' })
    await dialog.getByLabel('Device id').fill('bad id')
    await dialog.getByRole('button', { name: 'Create', exact: true }).click()
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel('Device id').fill('lamp')
    await dialog.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('heading', { name: 'lamp' }).waitFor()
    expect(hub.registry.get({ deviceId: 'lamp' }).status).toBe('enabled')

    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('button', { name: 'Enable' }).waitFor()
    expect(hub.registry.get({ deviceId: 'lamp' }).status).toBe('disabled')

    await world.goto('devices')
    await page.getByRole('button', { name: 'Disabled' }).click()
    await page.getByText('1 device', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'All', exact: true }).click()
    await page.getByLabel('Search devices by id').fill('THERM')
    await page.getByText('1 device', { exact: true }).waitFor()
    await page.getByLabel('Search devices by id').fill('')
    await page.getByText('3 devices').waitFor()
    await world.picture('devices')

    await page.getByRole('button', { name: 'Query language' }).click()
    await page.getByLabel('Query', { exact: true }).fill("SELECT * FROM devices WHERE status = 'disabled'")
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByText('1 row', { exact: true }).waitFor()
    await page.getByLabel('Query', { exact: true }).fill('SELECT nothing')
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByRole('alert').waitFor()

    await world.goto('devices/lamp')
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('button', { name: 'Delete the device' }).click()
    await page.getByText('2 devices').waitFor()
    expect(hub.registry.find({ deviceId: 'lamp' })).toBeUndefined()
  })

  test('keys appear on demand, and are regenerated', async () => {
    await using world = await openWorld({ seed: SEED })
    const { page, hub } = world
    const key = () =>
      hub.registry.get({ deviceId: 'thermostat' }).authentication.symmetricKey.primaryKey ?? ''
    const before = key()
    await world.goto('devices/thermostat/keys')
    await page.getByRole('button', { name: 'Show' }).waitFor()
    expect(await page.content()).not.toContain(before)
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText(before, { exact: true }).waitFor()
    await page.getByRole('button', { name: 'New primary key' }).click()
    await page.getByText(before, { exact: true }).waitFor({ state: 'detached' })
    expect(key()).not.toBe(before)
    await page.getByText(key(), { exact: true }).waitFor()
  })
})

describe('one device', () => {
  test('its timeline shows what it does; a person filters, pauses, opens and exports it', async () => {
    await using world = await openWorld({ seed: SEED })
    const { page } = world
    const device = world.device('thermostat')
    await device.connect()
    for (const temperature of [20, 21.5, 23])
      await device.sendMessage(JSON.stringify({ temperature, room: { humidity: temperature * 2 } }))
    await device.patchTwinReportedProperties({ firmware: '1.2' })
    await world.goto('devices/thermostat')
    const list = page.getByRole('listbox', { name: /Timeline/ })
    await list.getByText('{"temperature":23,').waitFor()
    await list.getByText('reports').waitFor()
    await list.getByText('{"firmware":"1.2"}').waitFor()

    await list.getByText('{"temperature":21.5,').click()
    const detail = page.getByRole('complementary', { name: 'The chosen entry' })
    await detail.getByText('"temperature": 21.5').waitFor()
    await detail.getByRole('button', { name: 'Hex' }).click()
    await detail.getByText('0000  7b 22 74 65').waitFor()
    await detail.getByRole('button', { name: 'JSON' }).click()
    await world.picture('timeline')

    await page.getByLabel('Filter the timeline by text').fill('firmware')
    await list.getByText('{"temperature":23,').waitFor({ state: 'detached' })
    await page.getByLabel('Filter the timeline by text').fill('')
    await page.getByRole('button', { name: 'Telemetry' }).click()
    await list.getByText('{"temperature":23,').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Telemetry' }).click()

    await page.getByRole('button', { name: 'Pause' }).click()
    await device.sendMessage('{"temperature": 99}')
    await page.getByRole('button', { name: /Resume \(\d+ new\)/ }).waitFor()
    expect(await list.getByText('{"temperature": 99}').count()).toBe(0)
    await page.getByRole('button', { name: /Resume/ }).click()
    await page.getByRole('button', { name: 'Close' }).click()
    await list.getByText('{"temperature": 99}').waitFor()

    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export' }).click()
    const file = await (await download).path()
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string })
    expect(lines.filter(({ type }) => type === 'operation').length).toBeGreaterThanOrEqual(4)

    await page.getByRole('link', { name: 'Plots' }).click()
    await page.getByRole('img', { name: /temperature over time; newest value 99/ }).waitFor()
    await page.getByRole('button', { name: 'room.humidity' }).click()
    await page.getByRole('img', { name: /room.humidity over time/ }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'room.humidity' }).click()
    await page.getByRole('img', { name: /room.humidity over time/ }).waitFor()
    await world.picture('plots')
    expect(world.complaints).toEqual([])
  })

  test('its timeline has packets, uploads, and refusals with their explanation and its source', async () => {
    await using world = await openWorld({ seed: SEED })
    const { page, hub } = world
    const device = world.device('thermostat')
    await device.connect()
    const { correlationId } = await device.getStorageInfoForBlob('log.txt')
    await device.notifyBlobUploadStatus(correlationId, false, 500, 'no storage')
    const wrong = hub.connectionString({ deviceId: 'thermostat' }).replace(/[^=;]+=$/, 'd3Jvbmc=')
    await world
      .device('thermostat', wrong)
      .connect()
      .catch(() => undefined)
    await world.goto('devices/thermostat')
    const list = page.getByRole('listbox', { name: /Timeline/ })
    await list.getByText('upload begins').waitFor()
    await list.getByText('log.txt').first().waitFor()
    await list.getByText('upload ends').waitFor()
    await list.getByText('IotHubUnauthorizedAccess').first().click()
    const detail = page.getByRole('complementary', { name: 'The chosen entry' })
    await detail.getByText('WIRE-AUTH-02', { exact: true }).waitFor()
    await detail.getByRole('link', { name: /#wire-auth-02/ }).waitFor()
    await page.keyboard.press('Escape')
    await detail.waitFor({ state: 'detached' })
    await list.getByText('SUBSCRIBE').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Packets' }).click()
    await device.getTwin()
    await list.getByText('SUBSCRIBE').first().waitFor()
    await list.getByText('PUBLISH').first().waitFor()
    expect(world.complaints).toEqual([])
  })

  test('a paused timeline pauses nothing else, and a device that was deleted elsewhere is gone here', async () => {
    await using world = await openWorld({ seed: SEED })
    const { page, hub } = world
    const device = world.device('thermostat')
    await device.connect()
    await world.goto('devices/thermostat')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('link', { name: 'Plots' }).click()
    // Values that come alternately: each has a line of its own.
    for (const body of ['{"a": 1}', '{"b": 5}', '{"a": 2}', '{"b": 6}']) await device.sendMessage(body)
    await page.getByRole('img', { name: /^a over time; newest value 2/ }).waitFor()
    await page.getByRole('img', { name: /^b over time; newest value 6/ }).waitFor()
    await page.getByText('last activity just now').waitFor()
    hub.registry.remove({ deviceId: 'thermostat' }, '*')
    await page.getByText('There is no such device').waitFor()
  })

  test('a desired property that is changed here reaches the device, and what it reports is seen', async () => {
    await using world = await openWorld({ seed: SEED })
    const { page, hub } = world
    const device = world.device('thermostat')
    await device.connect()
    device.onTwinDesiredPropertiesPatchReceived = (patch) =>
      device.patchTwinReportedProperties({ interval: patch['interval'] ?? null })
    await world.entry('packet', ({ cmd, direction }) => cmd === 'suback' && direction === 'out')
    await world.goto('devices/thermostat/twin')
    const editor = page.getByLabel('Desired properties as JSON')
    await editor.fill('{"interval": ')
    await page.getByText(/not JSON/).waitFor()
    await editor.fill('{"bad.name": 1}')
    await page.getByRole('button', { name: 'Save' }).first().click()
    await page.getByRole('alert').waitFor()
    await editor.fill('{"interval": 30, "mode": "eco"}')
    const changes = page.getByRole('list', { name: 'Changes' })
    await changes.getByText('interval').waitFor()
    await world.picture('twin')
    await page.getByRole('button', { name: 'Save' }).first().click()
    await page.getByLabel('Reported properties', { exact: true }).getByText('"interval": 30').waitFor()
    expect(hub.twins.get({ deviceId: 'thermostat' }).reported.properties).toEqual({ interval: 30 })
    await page.getByText('version 2').first().waitFor()

    await editor.fill('{"mode": "eco"}')
    await changes.getByText('interval').waitFor()
    hub.twins.patch({ deviceId: 'thermostat' }, { desired: { mode: 'full' } }, undefined)
    await page.getByText('changed meanwhile', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Save' }).first().click()
    await page.getByText(/The twin was changed meanwhile/).waitFor()
    await page.getByRole('button', { name: 'Take the new one' }).click()
    // Tags tell no device, so the page learns of the other change when it saves.
    await editor.fill('{"mode": "eco"}')
    await changes.getByText('mode').waitFor()
    hub.twins.patch({ deviceId: 'thermostat' }, { tags: { by: 'another' } }, undefined)
    await page.getByRole('button', { name: 'Save' }).first().click()
    await page.getByText(/The twin was changed meanwhile/).waitFor()
    await page.getByRole('button', { name: 'Discard' }).first().click()
    await page.getByRole('button', { name: 'Replace' }).first().click()
    await editor.fill('{"mode": "eco"}')
    await page.getByRole('button', { name: 'Save' }).first().click()
    await page
      .getByLabel('Reported properties', { exact: true })
      .getByText('"interval": null')
      .waitFor({ state: 'detached' })
    await changes.waitFor({ state: 'detached' })
    expect(hub.twins.get({ deviceId: 'thermostat' }).desired.properties).toEqual({ mode: 'eco' })
    await page.getByLabel('Tags as JSON').fill('{"floor": 2}')
    await page.getByRole('button', { name: 'Save' }).last().click()
    await page.getByRole('list', { name: 'Changes' }).waitFor({ state: 'detached' })
    expect(hub.twins.get({ deviceId: 'thermostat' }).tags).toEqual({ floor: 2 })
    expect(world.complaints.filter((text) => !/40[02]|412/.test(text))).toEqual([])
  })

  test('a method is called, its answer shown, and a call that nobody answers counts down', async () => {
    await using world = await openWorld({ seed: SEED })
    const { page, hub } = world
    const device = world.device('thermostat')
    device.onMethodRequestReceived = async (request) => {
      if (request.name === 'silent') return
      await device.sendMethodResponse(
        MethodResponse.createFromMethodRequest(request, 200, { echo: request.payload }),
      )
    }
    await device.connect()
    await world.entry('packet', ({ cmd, direction }) => cmd === 'suback' && direction === 'out')
    await world.goto('devices/thermostat/methods')
    await page.getByLabel('Method', { exact: true }).fill('reboot')
    await page.getByLabel('Payload').fill('{"delay": 3}')
    await page.getByRole('button', { name: 'Call', exact: true }).click()
    await page.getByText('status 200').waitFor()
    await page.getByText('"delay": 3').last().waitFor()
    await page.getByLabel('Method', { exact: true }).fill('silent')
    await page.getByRole('button', { name: 'Call', exact: true }).click()
    await page.getByRole('progressbar', { name: 'Time left' }).waitFor()
    await world.picture('methods')
    await world.entry('delivery', ({ what }) => (what as { methodName: string }).methodName === 'silent')
    hub.clock.advance('31s')
    await page.getByText('GatewayTimeout').waitFor()
  })

  test('a message to the device waits, is rejected, or delivered and settled', async () => {
    await using world = await openWorld({ seed: SEED })
    const { page } = world
    await world.goto('devices/thermostat/messages')
    await page.getByRole('textbox', { name: 'Body' }).fill('{"hello": 1}')
    await page.getByRole('button', { name: 'Add a property' }).click()
    await page.getByLabel('Name of property 1').fill('level')
    await page.getByLabel('Value of property 1').fill('high')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('waiting', { exact: true }).waitFor()
    const device = world.device('thermostat')
    const received = new Promise<ReceivedMessage>((resolve) => {
      device.onMessageReceived = resolve
    })
    await device.connect()
    await page.getByText('rejected: the device had not subscribed').waitFor()
    await page.getByRole('button', { name: 'Send' }).click()
    const message = await received
    expect(String(message.data)).toBe('{"hello": 1}')
    expect(message.customProperties).toMatchObject({ level: 'high' })
    await page.getByText('completed', { exact: true }).waitFor()
    await world.picture('messages')
  })

  test('a module is created, gets what is sent to its input, gets new keys, is disabled and deleted', async () => {
    await using world = await openWorld({ seed: SEED })
    const { page, hub } = world
    await world.goto('devices/pump/modules')
    await page.getByLabel('New module').fill('meter')
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('button', { name: 'Delete module meter' }).waitFor()
    const module = world.module('pump', 'valve')
    const received = new Promise<ReceivedMessage>((resolve) => {
      module.onMessageReceived = resolve
    })
    await module.connect()
    await page.getByLabel('Input', { exact: true }).fill('control')
    await page.getByRole('textbox', { name: 'Body' }).fill('{"open": true}')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    expect(String((await received).data)).toBe('{"open": true}')
    await page.getByText('Sent to valve, control.').waitFor()
    await world.picture('modules')
    await page.getByRole('button', { name: 'Disable module valve' }).click()
    await page.getByText('disabled', { exact: true }).waitFor()
    expect(hub.registry.get({ deviceId: 'pump', moduleId: 'valve' }).status).toBe('disabled')
    await page.getByRole('button', { name: 'Delete module valve' }).click()
    await page.getByRole('button', { name: 'Delete module valve' }).waitFor({ state: 'detached' })
    expect(hub.registry.find({ deviceId: 'pump', moduleId: 'valve' })).toBeUndefined()
    // What is left is what the form sends to.
    await page.getByLabel('Module', { exact: true }).getByText('meter').waitFor({ state: 'attached' })
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByText('Sent to meter, control.').waitFor()

    await page.getByRole('link', { name: 'Keys' }).click()
    await page.getByLabel('Of', { exact: true }).selectOption('meter')
    const key = () =>
      hub.registry.get({ deviceId: 'pump', moduleId: 'meter' }).authentication.symmetricKey.secondaryKey ?? ''
    const before = key()
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText(before, { exact: true }).waitFor()
    await page.getByRole('button', { name: 'New secondary key' }).click()
    await page.getByText(before, { exact: true }).waitFor({ state: 'detached' })
    expect(key()).not.toBe(before)
  })
})
