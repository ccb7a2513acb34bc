/** Devices and modules, made through the service's REST interface, and time at the hub. */

import { type DataTable, Given, When } from '@cucumber/cucumber'
import { stageOf } from '../peer/stage.ts'
import { bodyOf, rowsOf } from '../peer/tables.ts'
import type { ConformanceWorld } from '../world.ts'

Given('a registered identity {string}', async function (this: ConformanceWorld, name: string) {
  await (await stageOf(this)).register(name)
})

Given(
  'a registered identity {string} with:',
  async function (this: ConformanceWorld, name: string, table: DataTable) {
    const stage = await stageOf(this)
    await stage.register(name, bodyOf(rowsOf(table, stage)))
  },
)

When('{int} second(s) pass(es) at the hub', async function (this: ConformanceWorld, seconds: number) {
  const { hub } = await stageOf(this)
  if (hub.pass === undefined) return 'skipped'
  await hub.pass(seconds)
  return undefined
})
