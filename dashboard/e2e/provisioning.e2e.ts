import { generateKeyPairSync } from 'node:crypto'
import { IoTHubDeviceClient, ProvisioningDeviceClient } from 'mock-iot-hub-client'
import { expect, test } from 'vitest'
import { openWorld } from './world.ts'

test('a device that is enrolled in the page registers, appears, and is at its hub', async () => {
  await using world = await openWorld()
  const { page, hub } = world
  await world.goto()
  await page.getByRole('link', { name: 'Provisioning' }).click()
  await page.getByText('No enrollment yet').waitFor()
  await page.getByRole('button', { name: 'New enrollment' }).click()
  const dialog = page.getByRole('dialog', { name: 'New enrollment' })
  await dialog.getByLabel('Registration id').fill('not an id')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await dialog.getByRole('alert').waitFor()
  await dialog.getByLabel('Registration id').fill('lamp-7')
  await dialog.getByLabel('Device id').fill('lamp')
  await dialog.getByLabel('Desired properties of a new device').fill('{"interval": 5}')
  await dialog.getByRole('button', { name: 'Create' }).click()
  const list = page.getByRole('listbox')
  await list.getByText('lamp-7').click()

  // Another of the same id must not replace it.
  await page.getByRole('button', { name: 'New enrollment' }).click()
  await dialog.getByLabel('Registration id').fill('LAMP-7')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await dialog.getByText('This id is taken.').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).click()

  const chosen = page.getByRole('complementary', { name: 'The chosen enrollment' })
  await chosen.getByText('••••').waitFor()
  await chosen.getByRole('button', { name: 'Copy environment lines' }).click()
  await chosen.getByText('Copied').waitFor()
  const variables = new Map(
    (await world.copied()).split('\n').map((line): [string, string] => {
      const [, name = '', value = ''] = /^export (\w+)=(.*)$/.exec(line) ?? []
      return [name, value.replaceAll("'", '')]
    }),
  )
  const variable = (name: string): string => variables.get(`PROVISIONING_${name}`) ?? ''
  const extensions = { endpoint: { mqttPort: hub.mqttPort, httpsPort: hub.httpsPort } }
  const registering = (): ProvisioningDeviceClient =>
    ProvisioningDeviceClient.createFromSymmetricKey(
      variable('HOST'),
      variable('REGISTRATION_ID'),
      variable('IDSCOPE'),
      variable('SYMMETRIC_KEY'),
      { serverVerificationCert: hub.caPem, extensions },
    )
  await chosen.getByRole('button', { name: 'Disable' }).click()
  await chosen.getByRole('button', { name: 'Enable' }).waitFor()
  await expect(registering().register()).rejects.toThrow()
  await chosen.getByRole('button', { name: 'Enable' }).click()
  await chosen.getByRole('button', { name: 'Disable' }).waitFor()
  // It kept its keys: the lines that were copied before still work.
  const { registrationState } = await registering().register()
  expect(registrationState.deviceId).toBe('lamp')
  await world.picture('enrollment')

  await page.getByRole('link', { name: 'Registrations' }).click()
  await list.getByText('assigned').click()
  const registration = page.getByRole('complementary', { name: 'The chosen registration' })
  await registration.getByRole('link', { name: 'lamp', exact: true }).waitFor()
  await world.picture('registration')
  await registration.getByRole('button', { name: 'Delete the registration' }).click()
  await page.getByText('No registration yet').waitFor()
  expect(hub.provisioning?.registrations.list()).toEqual([])

  await world.goto('devices/lamp/twin')
  await page.getByLabel('Desired properties as JSON').waitFor()
  expect(hub.twins.get({ deviceId: 'lamp' }).desired.properties).toEqual({ interval: 5 })
  const device = IoTHubDeviceClient.createFromSymmetricKey(
    variable('SYMMETRIC_KEY'),
    registrationState.assignedHub,
    registrationState.deviceId,
    { serverVerificationCert: hub.caPem, extensions },
  )
  await device.connect()
  await page.getByText('connected over mqtt').waitFor()
  await device.shutdown()

  await world.goto('provisioning/enrollments')
  await list.getByText('lamp-7').click()
  await chosen.getByRole('button', { name: 'Delete the enrollment' }).click()
  await page.getByText('No enrollment yet').waitFor()
  expect(hub.provisioning?.enrollments.list()).toEqual([])
})

test('a group is created; a hub is linked and unlinked; a certificate that is none is refused', async () => {
  await using world = await openWorld()
  await using other = await openWorld()
  const { page, hub } = world
  await world.goto('provisioning/groups')
  await page.getByRole('button', { name: 'New group' }).click()
  const dialog = page.getByRole('dialog', { name: 'New group' })
  await dialog.getByLabel('Group id').fill('fleet')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('listbox').getByText('fleet').click()
  await page.getByRole('button', { name: 'Show' }).click()
  const attestation = hub.provisioning?.enrollmentGroups.attestation('fleet') as {
    readonly symmetricKey: { readonly primaryKey: string }
  }
  await page.getByText(attestation.symmetricKey.primaryKey, { exact: true }).waitFor()

  await page.getByRole('link', { name: 'Hubs and certificates' }).click()
  const linked = page.getByRole('region', { name: 'Linked hubs' })
  await linked.getByLabel('Connection string of a hub elsewhere').fill('nonsense')
  await linked.getByRole('button', { name: 'Link', exact: true }).click()
  await linked.getByRole('alert').waitFor()
  const elsewhere = other.hub.serviceConnectionString.replace(
    /HostName=[^;]+/,
    `HostName=localhost:${String(other.hub.httpsPort)}`,
  )
  await linked.getByLabel('Connection string of a hub elsewhere').fill(elsewhere)
  await linked.getByRole('button', { name: 'Link', exact: true }).click()
  await linked.getByRole('button', { name: 'Unlink localhost' }).click()
  await linked.getByRole('button', { name: 'Unlink localhost' }).waitFor({ state: 'detached' })
  expect(hub.provisioning?.linkedHubs).toEqual([hub.hostName])

  const certificates = page.getByRole('region', { name: 'Certificates of authorities' })
  await certificates.getByLabel('Name').fill('root')
  const { publicKey } = generateKeyPairSync('ed25519')
  await certificates
    .getByLabel('Certificate', { exact: true })
    .fill(publicKey.export({ type: 'spki', format: 'pem' }).toString())
  await certificates.getByRole('button', { name: 'Upload' }).click()
  await certificates.getByRole('alert').waitFor()
  await certificates.getByLabel('Certificate', { exact: true }).fill(hub.caPem)
  await certificates.getByRole('button', { name: 'Upload' }).click()
  await certificates.getByText('verified', { exact: true }).waitFor()
  expect(hub.provisioning?.certificates.list()).toMatchObject([{ name: 'root', verified: true }])
  await world.picture('provisioning-hubs')
  await certificates.getByRole('button', { name: 'Delete the certificate root' }).click()
  await certificates.getByText('No certificate is uploaded').waitFor()
})

test('a hub without a provisioning service says so', async () => {
  await using world = await openWorld({ provisioning: false })
  await world.goto('provisioning')
  await world.page.getByText('This hub has no provisioning service').waitFor()
})
