import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import axe from 'axe-core'
import { MethodResponse, Message } from 'mock-iot-hub-client'
import { describe, expect, test } from 'vitest'
import { openWorld } from './world.ts'

const MARKUP = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
/** What an id may contain of it. */
const ID = "x'(onerror=1)$*"

describe('what devices send is text', () => {
  test('in ids, bodies, properties, twins and method answers', async () => {
    await using world = await openWorld({ seed: { devices: [{ deviceId: ID }] } })
    const { page } = world
    const device = world.device(ID)
    device.onMethodRequestReceived = async (request) => {
      await device.sendMethodResponse(MethodResponse.createFromMethodRequest(request, 200, { html: MARKUP }))
    }
    await device.connect()
    const message = new Message(MARKUP)
    message.customProperties['mark'] = MARKUP
    await device.sendMessage(message)
    await device.patchTwinReportedProperties({ html: MARKUP })
    await world.entry('packet', ({ cmd, direction }) => cmd === 'suback' && direction === 'out')

    const at = `devices/${encodeURIComponent(ID)}`
    await world.goto(at)
    const row = page.getByRole('listbox').getByText(MARKUP).first()
    await row.click()
    await page.getByRole('complementary').getByText('mark', { exact: true }).waitFor()
    await world.goto(`${at}/twin`)
    await page.getByLabel('Reported properties', { exact: true }).getByText('onerror').waitFor()
    await world.goto(`${at}/methods`)
    await page.getByLabel('Method', { exact: true }).fill('x')
    await page.getByRole('button', { name: 'Call', exact: true }).click()
    await page.getByText('status 200').waitFor()
    await page.getByLabel('Body', { exact: true }).getByText('onerror').waitFor()
    await world.goto('overview')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await world.goto('devices')
    await page.getByRole('listbox').getByText(ID).waitFor()
    expect(await page.locator('img[src=x], #page script').count()).toBe(0)
    expect(await page.title()).not.toContain('owned')
    expect(world.complaints).toEqual([])
  })

  test('a script in the page does not run, and nothing asks another host', async () => {
    await using world = await openWorld()
    const { page, hub } = world
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).origin))
    await world.goto()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    expect(new Set(asked)).toEqual(new Set([hub.controlUrl]))
    const refused = await page.evaluate(
      "(() => { try { document.body.innerHTML = '<b>x</b>'; return 'set' } catch (error) { return error.name } })()",
    )
    expect(refused).toBe('TypeError')
  })
})

describe('other pages', () => {
  test('a page of another origin can change nothing, nor one whose name was rebound', async () => {
    await using world = await openWorld({ seed: { devices: [{ deviceId: 'd' }] } })
    const { page, hub } = world
    const elsewhere = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<p>elsewhere'),
    )
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    const { port } = elsewhere.address() as AddressInfo
    await page.goto(`http://127.0.0.1:${String(port)}/`)
    const statuses: number[] = []
    page.on('response', (response) => {
      if (response.url().startsWith(hub.controlUrl ?? '')) statuses.push(response.status())
    })
    const tried = await page.evaluate(
      (url) =>
        Promise.all(
          ['/reset', '/faults'].map((path) =>
            fetch(url + path, { method: 'POST', mode: 'no-cors', body: '{"name":"tcp.refuse"}' }).then(
              ({ type }) => type,
              () => 'failed',
            ),
          ),
        ),
      hub.controlUrl ?? '',
    )
    expect(tried).toHaveLength(2)
    expect(statuses.every((status) => status === 403)).toBe(true)
    expect(hub.faults.list()).toEqual([])
    expect(hub.registry.size).toBe(1)
    elsewhere.close()
  })
})

test('beyond loopback the page asks for the token, and works with it', async () => {
  await using world = await openWorld({
    controlToken: 's3cret',
    controlAddress: '0.0.0.0',
    seed: { devices: [{ deviceId: 'd' }] },
  })
  const { page, hub } = world
  const url = (hub.controlUrl ?? '').replace('0.0.0.0', '127.0.0.1')
  await page.goto(url)
  await page.getByLabel('Control token').fill('wrong')
  await page.getByRole('button', { name: 'Open the dashboard' }).click()
  await page.getByLabel('Control token').fill('s3cret')
  await page.getByRole('button', { name: 'Open the dashboard' }).click()
  await page.getByRole('link', { name: /Connected devices 0 of 1/ }).waitFor()
  expect(page.url()).not.toContain('s3cret')
})

describe('everybody can use it', () => {
  test.each(['light', 'dark'] as const)('axe finds no violation on any page, %s', async (colorScheme) => {
    await using world = await openWorld(
      { seed: { devices: [{ deviceId: 'd', modules: [{ moduleId: 'm' }] }] } },
      { colorScheme, bypassCSP: true },
    )
    const { page, hub } = world
    const device = world.device('d')
    await device.connect()
    await device.sendMessage('{"temperature": 21}')
    hub.faults.arm({ name: 'tcp.refuse' })
    hub.expireToken({ deviceId: 'd' })
    const found: string[] = []
    const tabs = ['timeline', 'plots', 'twin', 'methods', 'messages', 'modules', 'keys']
    for (const place of [
      'overview',
      'devices',
      ...tabs.map((tab) => `devices/d/${tab}`),
      'faults',
      'clock',
      'explain',
      'wire',
    ]) {
      await world.goto(place)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.evaluate(axe.source)
      const { violations } = await page.evaluate<axe.AxeResults>('axe.run()')
      found.push(
        ...violations.map(
          ({ id, impact, nodes }) =>
            `${place}: ${impact ?? ''} ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
        ),
      )
    }
    await world.goto('overview')
    await page.getByRole('link', { name: /Connected devices/ }).waitFor()
    await world.picture(`overview-${colorScheme}`)
    expect(found).toEqual([])
  })

  test('with the keyboard alone a person opens a device and reads an entry', async () => {
    await using world = await openWorld({ seed: { devices: [{ deviceId: 'a' }, { deviceId: 'b' }] } })
    const { page } = world
    await world.goto('devices')
    const list = page.getByRole('listbox', { name: /Devices/ })
    await list.getByText('b', { exact: true }).waitFor()
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toContain('Skip')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    await list.focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.getByRole('option', { name: /^b/, selected: true }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'b', exact: true }).waitFor()
  })
})

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
  await page.getByText('10000 devices').waitFor()
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
