import axe from 'axe-core'
import { expect, test } from 'vitest'
import { places, see } from './places.ts'
import { openWorld, type World } from './world.ts'

const SEED = {
  devices: [{ deviceId: 'd', modules: [{ moduleId: 'm' }] }],
  enrollments: [{ registrationId: 'lamp-7' }],
  enrollmentGroups: [{ enrollmentGroupId: 'fleet' }],
}

async function violations({ page }: World, place: string): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate<axe.AxeResults>('axe.run()')
  return found.violations.map(
    ({ id, impact, nodes }) =>
      `${place}: ${impact ?? ''} ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  )
}

test.each(['light', 'dark'] as const)(
  'axe finds no violation on any page, in its details and in its dialogs, %s',
  async (colorScheme) => {
    await using world = await openWorld({ seed: SEED }, { colorScheme, bypassCSP: true })
    const { page, hub } = world
    const device = world.device('d')
    await device.connect()
    await device.sendMessage('{"temperature": 21}')
    const wrong = hub.connectionString({ deviceId: 'd' }).replace(/[^=;]+=$/, 'd3Jvbmc=')
    await world
      .device('d', wrong)
      .connect()
      .catch(() => undefined)
    hub.faults.arm({ name: 'tcp.refuse' })
    const found: string[] = []
    const look = async (place: string): Promise<void> => {
      found.push(...(await violations(world, place)))
    }
    for (const { place, full } of places('d')) {
      await see(world, place, full)
      await look(place)
    }
    await page.getByRole('option').first().click()
    await look('wire, a packet')
    await world.goto('devices/d/timeline')
    await page.getByRole('option').getByText('temperature').click()
    await look('timeline, an entry')
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await look('delete a device')
    await world.goto('provisioning/enrollments')
    await page.getByRole('option').first().click()
    await page.getByRole('button', { name: 'Show' }).click()
    await look('an enrollment')
    await page.getByRole('button', { name: 'New enrollment' }).click()
    await look('new enrollment')
    await world.goto('devices')
    await page.getByRole('button', { name: 'New device' }).click()
    await page.getByLabel('Device id').fill('not an id')
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('alert').waitFor()
    await look('new device, refused')
    await page.setViewportSize({ width: 620, height: 900 })
    await world.goto('overview')
    await page.getByRole('link', { name: 'Provisioning' }).waitFor()
    await look('a narrow window')
    expect(found).toEqual([])
  },
)

test('with the keyboard alone a person creates a device, opens it, changes a property and moves the clock', async () => {
  await using world = await openWorld({ seed: { devices: [{ deviceId: 'a' }] } })
  const { page, hub } = world
  const { keyboard } = page
  const focused = (): Promise<string> =>
    page.evaluate<string>(
      "(document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').trim()",
    )
  /** Tab, until the focus is on what has this name; what has the focus can be seen. */
  const tabTo = async (name: string): Promise<void> => {
    const passed: string[] = []
    while (passed.length < 60) {
      await keyboard.press('Tab')
      const at = await focused()
      if (at === name) {
        const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')
        expect(outline, name).toBe('solid')
        return
      }
      passed.push(at)
    }
    throw new Error(`Tab does not reach ${name}: ${passed.join(', ')}`)
  }
  await world.goto('devices')
  await page.getByRole('listbox').getByText('a', { exact: true }).waitFor()
  await keyboard.press('Tab')
  expect(await focused()).toContain('Skip')
  await keyboard.press('Enter')
  expect(await page.evaluate('document.activeElement.id')).toBe('main')

  await tabTo('New device')
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.getByLabel('Device id').and(page.locator(':focus')).waitFor()
  await keyboard.type('b')
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: 'b', exact: true }).waitFor()
  expect(hub.registry.find({ deviceId: 'b' })).toBeDefined()

  await page.getByRole('link', { name: 'Devices 2', exact: true }).waitFor()
  await tabTo('Devices 2')
  await keyboard.press('Enter')
  const list = page.getByRole('listbox', { name: /Devices/ })
  await list.getByText('b', { exact: true }).waitFor()
  await tabTo('Devices; Enter opens one')
  await keyboard.press('ArrowDown')
  await keyboard.press('ArrowDown')
  await page.getByRole('option', { name: /^b/, selected: true }).waitFor()
  await world.picture('keyboard')
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: 'b', exact: true }).waitFor()

  await tabTo('Twin')
  await keyboard.press('Enter')
  const editor = page.getByLabel('Desired properties as JSON')
  await editor.waitFor()
  while ((await editor.and(page.locator(':focus')).count()) === 0) await keyboard.press('Tab')
  await keyboard.press('Control+A')
  await keyboard.type('{"on": true}')
  await tabTo('Save')
  await keyboard.press('Enter')
  await page.getByText('version 2').first().waitFor()
  expect(hub.twins.get({ deviceId: 'b' }).desired.properties).toEqual({ on: true })

  await page.evaluate("document.getElementById('main').focus()")
  await world.goto('clock')
  await tabTo('Freeze')
  await keyboard.press('Space')
  await page.getByRole('button', { name: 'Resume' }).waitFor()
  expect(hub.clock.frozen).toBe(true)
})
