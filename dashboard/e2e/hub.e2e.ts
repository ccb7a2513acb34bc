import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openWorld } from './world.ts'

const SEED = { devices: [{ deviceId: 'thermostat' }] }

test('a fault is armed with a form, fires at the device, is counted and disarmed', async () => {
  await using world = await openWorld({ seed: SEED })
  const { page, hub } = world
  const device = world.device('thermostat')
  await device.connect()
  await world.goto('faults')
  await page.getByLabel('Search fault types').fill('puback delay')
  await page.getByRole('button', { name: 'mqtt.puback.delay' }).click()
  await page.getByLabel('seconds', { exact: true }).fill('5')
  await page.getByLabel('Only this identity').fill('thermostat')
  await page.getByRole('button', { name: 'Arm', exact: true }).click()
  await page.getByText('fired 0 of 1').waitFor()
  expect(hub.faults.list()).toMatchObject([
    { name: 'mqtt.puback.delay', scope: { identity: 'thermostat' }, parameters: { seconds: 5 } },
  ])
  const sent = device.sendMessage('late')
  await page.getByText('fired 1 of 1').waitFor()
  await world.picture('faults')
  hub.clock.advance('5s')
  await sent
  await page.getByRole('button', { name: 'Disarm mqtt.puback.delay' }).click()
  await page.getByText('No fault is armed').waitFor()
  expect(hub.faults.list()).toEqual([])

  await page.getByLabel('Search fault types').fill('connack.code')
  await page.getByRole('button', { name: 'mqtt.connack.code' }).click()
  await page.getByLabel('Only this identity').fill('not an identity')
  await page.getByRole('button', { name: 'Arm', exact: true }).click()
  await page.getByRole('alert').waitFor()
})

test('a recipe is armed, does what it says to a device, is saved in a file and opened again', async () => {
  await using world = await openWorld({ seed: SEED })
  const { page, hub } = world
  const device = world.device('thermostat')
  await device.connect()
  await world.goto('faults')
  await page.getByRole('button', { name: 'Arm the recipe Bad day' }).click()
  await page.getByText('fired 0 of 2').waitFor()
  const names = ['mqtt.puback.withhold', 'mqtt.puback.close']
  expect(hub.faults.list().map(({ name }) => name)).toEqual(names)
  await page.getByLabel('Name of the recipe').fill('Worst day')
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save what is armed' }).click()
  const saved = await download
  expect(saved.suggestedFilename()).toBe('Worst day.json')
  const file = await saved.path()
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    recipe: 'Worst day',
    faults: [
      { name: 'mqtt.puback.withhold', count: 2 },
      { name: 'mqtt.puback.close', count: 1 },
    ],
  })
  // Two messages without an answer, then the connection goes; the client comes back and sends all three again.
  const sent = Promise.all(['1', '2', '3'].map((text) => device.sendMessage(text)))
  await page.getByText('fired 2 of 2').waitFor()
  await page.getByText('fired 1 of 1').waitFor()
  await world.entry('disconnected')
  await sent
  await page.getByRole('button', { name: 'Disarm all' }).click()
  await page.getByText('No fault is armed').waitFor()
  await page.getByLabel('Open a file').setInputFiles(file)
  await page.getByRole('button', { name: 'Arm the recipe Worst day' }).click()
  await page.getByText('fired 0 of 2').waitFor()
  expect(hub.faults.list().map(({ name }) => name)).toEqual(names)
})

test('every fault type has its description and its parameters as a form, and its example can be armed by it', async () => {
  await using world = await openWorld({ seed: SEED })
  const { page, hub } = world
  await world.goto('faults')
  await page.getByText(`${String(hub.faults.types.length)} fault types`).waitFor()
  const form = page.locator('form.fault-form')
  const armed: (readonly [name: string, parameters: object])[] = []
  hub.faults.onChange(({ name, parameters }, phase) => {
    if (phase === 'armed') armed.push([name, parameters])
  })
  for (const { name, explain, parameters, example } of hub.faults.types) {
    await page.getByRole('button', { name, exact: true }).click()
    await form.getByText(explain, { exact: true }).waitFor()
    for (const [parameter, { type, oneOf }] of Object.entries(parameters)) {
      const field = form.getByLabel(parameter, { exact: true })
      const value = example.parameters?.[parameter]
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      if (value === undefined) await field.waitFor()
      else if (oneOf !== undefined || type === 'boolean') await field.selectOption(text)
      else await field.fill(text)
    }
    await form.getByRole('button', { name: 'Arm', exact: true }).click()
    await page.getByRole('button', { name: `Disarm ${name}`, exact: true }).click()
    await page.getByText('No fault is armed').waitFor()
  }
  expect(armed).toEqual(hub.faults.types.map(({ name, example }) => [name, example.parameters ?? {}]))
  expect(world.complaints).toEqual([])
})

test('the clock is frozen, advanced, and wound to the expiry of a token', async () => {
  await using world = await openWorld({ seed: SEED })
  const { page, hub } = world
  const device = world.device('thermostat')
  await device.connect()
  await world.goto('clock')
  await page.getByText('its token expires, and its connection is closed').waitFor()
  await page.getByRole('button', { name: 'Freeze' }).click()
  await page.getByRole('button', { name: 'Resume' }).waitFor()
  expect(hub.clock.frozen).toBe(true)
  const before = hub.clock.now()
  await page.getByRole('button', { name: '+1m' }).click()
  await page.getByText(/ahead of the system clock/).waitFor()
  expect(hub.clock.now()).toBe(before + 60_000)
  await page.getByRole('button', { name: '+1h' }).click()
  await page.getByText(/1 h.* ahead of the system clock/).waitFor()
  expect(hub.clock.now()).toBe(before + 3_660_000)
  await world.picture('clock')
  await page.getByRole('button', { name: 'Until the next token expires' }).click()
  // Nobody answered for an hour: the link goes for its silence, on the way to the expiry.
  await world.entry('refusal', ({ explanation }) => explanation.rule === 'WIRE-SESS-07')
  expect(hub.clock.now()).toBeGreaterThan(before + 3_600_000)
  expect(hub.clock.frozen).toBe(true)
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('button', { name: 'Freeze' }).waitFor()
  expect(hub.clock.frozen).toBe(false)
  await page.getByLabel('Advance by').fill('soon')
  await page.getByRole('button', { name: 'Advance', exact: true }).click()
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Set ahead or behind').fill('-2h')
  await page.getByRole('button', { name: 'Set', exact: true }).click()
  await page.getByText(/2 h behind the system clock/).waitFor()
  expect(hub.clock.offsetMs).toBe(-7_200_000)
  await page.getByRole('button', { name: 'Back to the system clock' }).click()
  await page.getByText('as the system clock').waitFor()

  await world.goto('explain')
  const refusals = page.getByRole('list', { name: 'Refusals, newest first' })
  await refusals.getByText('WIRE-SESS-07').first().waitFor()
  await refusals
    .getByRole('link', { name: /#wire-sess-07/ })
    .first()
    .waitFor()
  await world.picture('explain')
})

test('packets of a link are drawn; a record is saved, and opened at another hub', async () => {
  await using world = await openWorld({ seed: SEED })
  const { page, hub } = world
  const device = world.device('thermostat')
  await device.connect()
  await device.sendMessage('{"temperature": 21}')
  await device.getTwin()
  await world.goto('wire')
  const packets = page.getByRole('listbox', { name: /Packets of the link/ })
  for (const cmd of ['CONNECT', 'CONNACK', 'PUBACK', 'SUBACK'])
    await packets.getByText(cmd, { exact: true }).first().waitFor()
  await packets.getByText('devices/thermostat/messages/events/').first().waitFor()
  await packets.getByText('CONNECT', { exact: true }).click()
  await page
    .getByRole('complementary', { name: 'The chosen packet' })
    .getByText('"protocolId": "MQTT"')
    .waitFor()
  // The password of CONNECT is a token.
  expect(await page.content()).not.toMatch(/sig=[^*]{10}/)
  await world.picture('wire')
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save the record' }).click()
  const file = await (await download).path()

  await using other = await openWorld()
  await other.goto('wire')
  await other.page.getByText('No link yet').waitFor()
  await other.page.getByLabel('Open a record').setInputFiles(file)
  await other.page.getByText(new RegExp(`entries of ${hub.hostName}`)).waitFor()
  await other.page
    .getByRole('listbox', { name: /Packets of the link/ })
    .getByText('SUBACK', { exact: true })
    .first()
    .waitFor()
  await other.page.getByLabel('Open a record').setInputFiles({
    name: 'bad.jsonl',
    mimeType: 'application/jsonl',
    buffer: Buffer.from('{"record":"mock-iot-hub","version":1}\n{"seq":1}\n'),
  })
  await other.page.getByText('line 2: expected an entry with seq, time and type').waitFor()
})

test('a link whose beginning the hub no longer has is still listed and drawn', async () => {
  await using world = await openWorld({ seed: SEED, settings: { journalRetained: 40 } })
  const { page, hub } = world
  await world.goto('overview')
  await page.getByRole('link', { name: /Connected devices 0 of 1/ }).waitFor()
  const device = world.device('thermostat')
  await device.connect()
  await Promise.all(Array.from({ length: 60 }, (_, n) => device.sendMessage(`{"n": ${String(n)}}`)))
  expect(hub.journal.filter({ type: 'connected' })).toEqual([])
  await world.goto('wire')
  await page
    .getByRole('navigation', { name: 'Links' })
    .getByRole('link', { name: /thermostat/ })
    .waitFor()
  await page
    .getByRole('listbox', { name: /Packets of the link/ })
    .getByText('PUBLISH', { exact: true })
    .first()
    .waitFor()
})
