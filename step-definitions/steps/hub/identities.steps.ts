/** Steps that register devices and modules through the service REST API, and let time pass at the hub. */

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type DataTable, Given, When } from '@cucumber/cucumber'
import { certificateFiles } from '../../world/environment/certificates.ts'
import { hubScenarioOf } from '../../raw-clients/hub-scenario.ts'
import { bodyOf, rowsOf } from '../../raw-clients/tables.ts'
import { NotSupported } from '../../world/errors.ts'
import type { ConformanceWorld } from '../../world/world.ts'

Given('a registered identity {string}', async function (this: ConformanceWorld, name: string) {
  await (await hubScenarioOf(this)).register(name)
})

/** `bulb1`, `bulb2` … */
Given(
  '{int} registered identities {string}',
  async function (this: ConformanceWorld, count: number, name: string) {
    const scenario = await hubScenarioOf(this)
    for (let number = 1; number <= count; number++) await scenario.register(`${name}${String(number)}`)
  },
)

Given(
  'a registered identity {string} with:',
  async function (this: ConformanceWorld, name: string, table: DataTable) {
    const scenario = await hubScenarioOf(this)
    await scenario.register(name, bodyOf(rowsOf(table, scenario)))
  },
)

When('{int} second(s) pass(es) at the hub', async function (this: ConformanceWorld, seconds: number) {
  const { hub } = await hubScenarioOf(this)
  if (hub.pass === undefined) throw new NotSupported('hub.clock: the clock of this hub cannot be advanced')
  await hub.pass(seconds)
})

/** Registers SHA-1 or SHA-256 of the certificate `its own` as primaryThumbprint or secondaryThumbprint. */
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
