import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MethodResponse, Message } from 'mock-iot-hub-client'
import { describe, expect, test } from 'vitest'
import { openWorld, REBOUND, type World } from './world.ts'

const MARKUP = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
/** What an id may contain of it. */
const ID = "x'(onerror=1)$*"

describe('what devices send is text', () => {
  test('in ids, bodies, properties, twins and method answers', async () => {
    await using world = await openWorld({ seed: { devices: [{ deviceId: ID }] } })
    const { page, hub } = world
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
    hub.faults.arm({ name: 'mqtt.puback.delay', scope: { identity: ID }, parameters: { seconds: 1 } })
    await device.patchTwinReportedProperties({ [`mark${MARKUP.length}`]: MARKUP })
    for (const [place, text] of [
      ['overview', ID],
      ['devices', ID],
      [`${at}/messages`, 'No message waits'],
      [`${at}/modules`, 'No modules'],
      [`${at}/keys`, '••••'],
      ['faults', `for ${ID}`],
      ['clock', ID],
      ['wire', ID],
    ] as const) {
      await world.goto(place)
      await page.locator('main').getByText(text).first().waitFor()
      expect(await page.locator('img[src=x], #page script').count(), place).toBe(0)
      expect(await page.title()).not.toContain('owned')
    }
    await world.picture('hostile-wire')
    expect(world.complaints).toEqual([])
  })

  test('a script in the page does not run, and nothing asks another host', async () => {
    await using world = await openWorld()
    const { page, hub } = world
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).origin))
    for (const place of ['overview', 'devices', 'provisioning', 'faults', 'clock', 'explain', 'wire']) {
      await world.goto(place)
      await page.getByRole('heading', { level: 1 }).waitFor()
    }
    expect(new Set(asked)).toEqual(new Set([hub.controlUrl]))
    const refused = await page.evaluate(
      "(() => { try { document.body.innerHTML = '<b>x</b>'; return 'set' } catch (error) { return error.name } })()",
    )
    expect(refused).toBe('TypeError')
  })
})

describe('other pages', () => {
  const CHANGES = [
    ['POST', '/reset'],
    ['POST', '/faults'],
    ['DELETE', '/devices/d'],
    ['PATCH', '/devices/d'],
    ['PUT', '/devices/d/twin'],
  ] as const
  /** Runs in the page of the attacker: tries each call in the ways that a page has. */
  const TRY = `async ({ url, changes }) => {
    const tried = []
    for (const [method, path] of changes)
      for (const mode of ['cors', 'no-cors'])
        tried.push(
          await fetch(url + path, { method, mode, body: '{"name":"tcp.refuse"}' }).then(
            ({ status }) => status,
            () => 'failed',
          ),
        )
    return tried
  }`
  const unchanged = ({ hub }: World): void => {
    expect(hub.faults.list()).toEqual([])
    expect(hub.registry.get({ deviceId: 'd' }).status).toBe('enabled')
    expect(hub.journal.filter({ type: 'reset' })).toEqual([])
  }

  test('a page of another origin can change nothing, and read nothing', async () => {
    await using world = await openWorld({ seed: { devices: [{ deviceId: 'd' }] } })
    const { page, hub } = world
    const url = hub.controlUrl ?? ''
    const elsewhere = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<p>elsewhere'),
    )
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    const { port } = elsewhere.address() as AddressInfo
    await page.goto(`http://127.0.0.1:${String(port)}/`)
    // Simple requests reach the hub; the browser asks before the others, and the hub allows none.
    const answered = page.waitForResponse((response) => response.url() === `${url}/reset`)
    const tried = await page.evaluate<unknown[]>(`(${TRY})(${JSON.stringify({ url, changes: CHANGES })})`)
    expect((await answered).status()).toBe(403)
    // 0: an opaque answer, of a call that a page may send but not read.
    expect(new Set(tried)).toEqual(new Set(['failed', 0]))
    unchanged(world)
    const read = `fetch('${url}/devices').then(() => 'read', () => 'failed')`
    expect(await page.evaluate(read)).toBe('failed')
    elsewhere.close()
  })

  test('a page whose name was rebound to this machine gets 403, whatever it asks for', async () => {
    await using world = await openWorld({ seed: { devices: [{ deviceId: 'd' }] } })
    const { page, hub } = world
    const url = `http://${REBOUND}:${new URL(hub.controlUrl ?? '').port}`
    // The page itself came from the attacker, before the name was rebound.
    await page.route(`${url}/`, (route) => route.fulfill({ contentType: 'text/html', body: '<p>attacker' }))
    await page.goto(`${url}/`)
    const changes = [...CHANGES, ['GET', '/devices'], ['GET', '/about'], ['GET', '/journal']]
    const statuses = await page.evaluate<unknown[]>(
      `Promise.all(${JSON.stringify(changes)}.map(([method, path]) =>
        fetch(path, { method, ...(method === 'GET' ? {} : { body: '{}', headers: { 'content-type': 'application/json' } }) })
          .then(({ status }) => status)))`,
    )
    expect(statuses).toEqual(changes.map(() => 403))
    unchanged(world)
    await page.unroute(`${url}/`)
    expect((await page.goto(`${url}/`))?.status()).toBe(403)
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
  await page.getByText('The hub does not accept this token.').waitFor()
  await page.getByLabel('Control token').fill('s3cret')
  await page.getByRole('button', { name: 'Open the dashboard' }).click()
  await page.getByRole('link', { name: /Connected devices 0 of 1/ }).waitFor()
  expect(page.url()).not.toContain('s3cret')
  await page.reload()
  await page.getByRole('link', { name: /Connected devices 0 of 1/ }).waitFor()
  const elsewhere = await page.context().newPage()
  await elsewhere.goto(url)
  await elsewhere.getByLabel('Control token').waitFor()
})
