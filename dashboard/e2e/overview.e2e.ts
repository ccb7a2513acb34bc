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
    const answers: string[] = []
    page.on('response', (response) => {
      if (!response.url().includes('follow')) void response.text().then((text) => answers.push(text))
    })
    await world.goto()
    await page.getByRole('button', { name: 'Show the connection strings' }).waitFor()
    await page.getByText('••••').first().waitFor()
    expect(answers.join()).not.toContain(key)
    expect(await page.content()).not.toContain(key)
    await page.getByRole('button', { name: 'Show the connection strings' }).click()
    await page.getByText(hub.serviceConnectionString).waitFor()
  })
})
