import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { openWorld } from './world.ts'

const SEED = { devices: [{ deviceId: 'thermostat' }, { deviceId: 'pump' }] }

describe('the overview', () => {
  test('shows the hub, its devices and messages as they happen, and no complaint of the browser', async () => {
    await using world = await openWorld({ seed: SEED })
    const { page, hub } = world
    await world.goto()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.getByText(`${hub.hostName}:${String(hub.mqttPort)}`).waitFor()
    await page.getByRole('link', { name: /Connected devices 0 of 2/ }).waitFor()

    const device = world.device('thermostat')
    await device.connect()
    await page.getByRole('link', { name: /Connected devices 1 of 2/ }).waitFor()
    await device.sendMessage('{"temperature": 21.5}')
    const activity = page.getByRole('list', { name: 'Newest first' })
    await activity.getByText('{"temperature": 21.5}').waitFor()
    await activity.getByText('connected', { exact: true }).first().waitFor()
    await page.getByRole('img', { name: /Messages a second/ }).waitFor()
    await world.picture('overview')
    expect(world.complaints).toEqual([])
  })

  test('keys are not in the page until a person asks for them', async () => {
    await using world = await openWorld({ seed: SEED })
    const { page, hub } = world
    const [, key = ''] = /SharedAccessKey=([^;]+)/.exec(hub.serviceConnectionString) ?? []
    const answers: Promise<string>[] = []
    page.on('response', (response) => {
      if (!response.url().includes('follow')) answers.push(response.text())
    })
    await world.goto()
    await page.getByRole('button', { name: 'Show the connection strings' }).waitFor()
    await page.getByText('••••').first().waitFor()
    const read = await Promise.all(answers)
    expect(read.some((text) => text.includes('"total":2'))).toBe(true)
    expect(read.join()).not.toContain(key)
    expect(await page.content()).not.toContain(key)
    await page.getByRole('button', { name: 'Show the connection strings' }).click()
    await page.getByText(hub.serviceConnectionString).waitFor()
  })

  test('what is copied runs in a shell, whatever the id, and a device connects with it', async () => {
    const deviceId = "a'b$(c)"
    await using world = await openWorld({ seed: { devices: [{ deviceId }] } })
    const { page, hub } = world
    await world.goto()
    const copy = async (name: string): Promise<string> => {
      const button = page.getByRole('button', { name, exact: true })
      await button.click()
      await button.getByText('Copied').waitFor()
      return world.copied()
    }
    const variable = 'IOTHUB_DEVICE_CONNECTION_STRING'
    for (const [sdk, trust] of [
      ['Node', 'NODE_EXTRA_CA_CERTS'],
      ['Python', 'SSL_CERT_FILE'],
      ['C, Go, .NET', 'SSL_CERT_FILE'],
      ['Java', 'JAVA_TOOL_OPTIONS'],
      ['az', 'REQUESTS_CA_BUNDLE'],
    ] as const) {
      await page.getByRole('button', { name: sdk, exact: true }).click()
      const lines = await copy('Copy the environment lines with the key')
      const script = lines.replace(/^keytool .*$/m, '')
      const print = `printf '%s|%s' "$${variable}" "$${trust}"`
      const [connectionString, trusted] = execFileSync('/bin/sh', ['-c', `${script}\n${print}`], {
        encoding: 'utf8',
        env: {},
      }).split('|')
      expect(connectionString).toBe(hub.connectionString({ deviceId }))
      if (hub.caPath !== undefined) expect(trusted).toContain(hub.caPath.replace(/[^/]*$/, ''))
    }
    expect(await copy('Copy Service connection string')).toBe(hub.serviceConnectionString)
    if (hub.caPath !== undefined) expect(await copy('Copy CA file')).toBe(hub.caPath)
    await world.goto(`devices/${encodeURIComponent(deviceId)}`)
    await world.device(deviceId, await copy('Copy connection string')).connect()
    await page.getByText('connected over mqtt').waitFor()
  })

  test('a hub that is started anew is shown anew, and its earlier entries are gone', async () => {
    await using first = await openWorld({ seed: SEED })
    const { page } = first
    await first.goto('devices/thermostat')
    await first.device('thermostat').connect()
    const list = page.getByRole('listbox', { name: /Timeline/ })
    await list.getByText('over mqtt', { exact: true }).waitFor()
    const controlPort = Number(new URL(first.hub.controlUrl ?? '').port)
    await first.hub.stop()
    await page
      .getByRole('alert')
      .getByText(/Trying again/)
      .waitFor()
    await using second = await openWorld({ seed: SEED, controlPort })
    await page.getByRole('alert').waitFor({ state: 'detached' })
    await list.getByText('over mqtt', { exact: true }).waitFor({ state: 'detached' })
    await second.device('thermostat').connect()
    await list.getByText('over mqtt', { exact: true }).waitFor()
    expect(await list.getByText('over mqtt', { exact: true }).count()).toBe(1)
  })
})
