/** The schemas of routes are compiled when they are needed; a wrong one is found here. */

import { expect, test } from 'vitest'
import { openTestServer as openControl } from '../control/testing/test-server.ts'
import { compileAll } from '../http-common/schema-compiler.ts'
import { openTestServer as openHttp } from '../http/testing/test-server.ts'

test('every schema of a route compiles', async () => {
  const control = await openControl()
  const http = await openHttp()
  await http.http.app()
  expect(compileAll()).toBeGreaterThan(30)
  await control.stop()
  await http.stop()
})
