/** `iot-hub-conformance driver check`: checks whether a driver implements the protocol. */

import { startMockHub } from 'mock-iot-hub'
import { capabilityOf, type DriverRequest } from '../driver/client-driver.ts'
import { openTransport } from '../driver/open-transport.ts'
import { systemAlarm } from '../driver/clock.ts'
import { RemoteDriver } from '../driver/remote-driver.ts'
import { EXIT } from './exit-code.ts'

const SESSION = 'check-1'
/** The limit of a call; heartbeats do not extend it. */
const CALL_SECONDS = 30

/** @returns 0: the driver implements the protocol; 3: it does not. */
export async function checkDriver(
  command: readonly string[],
  address: string,
  say: (line: string) => void,
): Promise<number> {
  const hub = await startMockHub({ address, controlPort: false, seed: { devices: [{ deviceId: 'check' }] } })
  let driver: RemoteDriver | undefined
  try {
    driver = await RemoteDriver.start(openTransport(command), systemAlarm)
    const { implementation, capabilities, clock } = driver.hello
    say(
      `hello: ${implementation.name} ${implementation.version} (${implementation.language}), clock ${clock}`,
    )
    say(`capabilities: ${capabilities.join(', ')}`)
    const endpoint = { host: hub.address, mqttPort: hub.mqttPort, httpsPort: hub.httpsPort }
    const calls: readonly (readonly [string, DriverRequest])[] = [
      [
        'creates a client',
        {
          do: 'create',
          session: SESSION,
          kind: 'device',
          factory: 'connectionString',
          endpoint,
          arguments: { connectionString: hub.connectionString({ deviceId: 'check' }) },
          options: { serverVerificationCert: hub.caPem },
        },
      ],
      [
        'rejects an invalid connection string',
        {
          do: 'create',
          session: 'check-2',
          kind: 'device',
          factory: 'connectionString',
          endpoint,
          arguments: { connectionString: 'nonsense' },
          options: {},
        },
      ],
      ['connects', { do: 'connect', session: SESSION }],
      ['reports its state', { do: 'state', session: SESSION }],
      [
        'sends a message',
        { do: 'sendTelemetry', session: SESSION, message: { body: Buffer.from('check').toString('base64') } },
      ],
      ['reads its twin', { do: 'getTwin', session: SESSION }],
      ['reports a property', { do: 'patchReported', session: SESSION, patch: { check: 1 } }],
      ['listens for messages', { do: 'handle', session: SESSION, happening: 'message', kind: 'function' }],
      ['disconnects', { do: 'disconnect', session: SESSION }],
      ['ends the client', { do: 'destroy', session: SESSION }],
    ]
    let failures = 0
    for (const [what, request] of calls) failures += Number(!(await succeeds(driver, what, request, say)))
    if (hub.telemetry.messages.length === 0) {
      say('WRONG the hub has not received the message: a driver must use the client, not imitate it')
      failures++
    }
    say(failures === 0 ? 'the driver implements the protocol' : `${String(failures)} checks failed`)
    return failures === 0 ? EXIT.conformant : EXIT.cannotJudge
  } catch (error) {
    say(`WRONG ${error instanceof Error ? error.message : String(error)}`)
    return EXIT.cannotJudge
  } finally {
    await driver?.stop()
    await hub.stop()
  }
}

/** The driver must reject the invalid connection string and nothing else; unclaimed capabilities may be unsupported. */
async function succeeds(
  driver: RemoteDriver,
  what: string,
  request: DriverRequest,
  say: (line: string) => void,
): Promise<boolean> {
  const stopAlarm = systemAlarm(CALL_SECONDS, () => {
    driver.abandon(`no reply to "${request.do}" within ${String(CALL_SECONDS)} s`)
  })
  const reply = await driver.request(request).finally(stopAlarm)
  const wanted: 'ok' | 'error' = request.do === 'create' && request.session !== SESSION ? 'error' : 'ok'
  const capability = capabilityOf(request)
  const claimed = capability === undefined || driver.hello.capabilities.includes(capability)
  if ('unsupported' in reply) {
    say(
      `${claimed ? 'WRONG' : 'ok   '} ${what}: unsupported${claimed ? `, but ${capability === undefined ? 'the request is mandatory' : `${capability} is claimed`}` : ''}`,
    )
    return !claimed
  }
  const good = wanted in reply
  say(
    `${good ? 'ok   ' : 'WRONG'} ${what}${good ? '' : `: expected ${wanted}, got ${JSON.stringify(reply)}`}`,
  )
  return good
}
