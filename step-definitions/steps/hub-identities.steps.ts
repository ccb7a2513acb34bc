/** Devices and modules, made through the service's REST interface, and time at the hub. */

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type DataTable, Given, When } from '@cucumber/cucumber'
import { certificateFiles } from '../world/certificates.ts'
import { hubScenarioOf } from '../raw-clients/hub-scenario.ts'
import { bodyOf, rowsOf } from '../raw-clients/tables.ts'
import { type ConformanceWorld, NotSupported } from '../world/world.ts'

Given('a registered identity {string}', async function (this: ConformanceWorld, name: string) {
  await (await hubScenarioOf(this)).register(name)
})

Given(
  'a registered identity {string} with:',
  async function (this: ConformanceWorld, name: string, table: DataTable) {
    const stage = await hubScenarioOf(this)
    await stage.register(name, bodyOf(rowsOf(table, stage)))
  },
)

When('{int} second(s) pass(es) at the hub', async function (this: ConformanceWorld, seconds: number) {
  const { hub } = await hubScenarioOf(this)
  if (hub.pass === undefined) throw new NotSupported('hub.clock: time cannot be moved at this hub')
  await hub.pass(seconds)
})

/** SHA-1 or SHA-256 of the certificate that `certificate: its own` shows, as primaryThumbprint or secondaryThumbprint. */
Given(
  'a self-signed certificate for {string} is registered by its {word} as {word}',
  async function (this: ConformanceWorld, name: string, hash: string, which: string) {
    const { certFile } = await certificateFiles()
    const { fingerprint, fingerprint256 } = new X509Certificate(readFileSync(certFile))
    const thumbprint = (hash === 'SHA-1' ? fingerprint : fingerprint256).replaceAll(':', '')
    const authentication = { type: 'selfSigned', x509Thumbprint: { [which]: thumbprint } }
    await (await hubScenarioOf(this)).register(name, { authentication })
  },
)
