/** `device init`: asks a dozen questions and writes a device file. */

import { existsSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { stringify } from 'yaml'
import { UsageError } from '../../conformance/usage-error.ts'
import { deviceFileOf } from '../file/read.ts'

export interface InitFlags {
  readonly id?: string
  readonly yes?: boolean
}

type Question = readonly [name: string, text: string, otherwise: string]

const QUESTIONS: readonly Question[] = [
  ['id', 'Device id', 'thermostat-1'],
  ['make', 'Make and model', ''],
  ['firmware', 'Firmware version', ''],
  ['auth', 'Credentials: sas or x509', 'sas'],
  ['keys', 'Keys that it holds, 1 or 2', '1'],
  ['transport', 'Transport: mqtt or mqtt-ws', 'mqtt'],
  ['every', 'Seconds between two messages of telemetry; empty: it sends none', '10'],
  ['sequence', 'JSON path of a number that rises with each message; empty: none', ''],
  ['c2d', 'Text of a cloud-to-device message that it understands; empty: none', ''],
  ['method', 'Name of a direct method; empty: none', ''],
  ['desired', 'Desired properties that it understands, as JSON; empty: none', ''],
  ['start', 'Command that is the device; empty: a person starts it', ''],
]

/** @throws UsageError when the file exists, or an answer is wrong. */
export async function initDevice(path: string, flags: InitFlags, say: (line: string) => void): Promise<void> {
  if (existsSync(path)) throw new UsageError(`${path} exists; name another file`)
  const answers = new Map(QUESTIONS.map(([name, , otherwise]) => [name, otherwise]))
  if (flags.yes !== true) {
    const lines = createInterface({ input: process.stdin, output: process.stdout })
    for (const [name, text, otherwise] of QUESTIONS) {
      const answer = (await lines.question(`${text}${otherwise === '' ? '' : ` [${otherwise}]`}: `)).trim()
      if (answer !== '') answers.set(name, answer)
    }
    lines.close()
  }
  if (flags.id !== undefined) answers.set('id', flags.id)
  const text = deviceFileText(answers)
  writeFileSync(path, text)
  say(`${path} is written. Next: iot-hub-conformance device check ${path}`)
}

/** @throws UsageError for an answer that is not JSON; DeviceFileError for another wrong one. */
export function deviceFileText(answers: ReadonlyMap<string, string>): string {
  const get = (name: string): string => answers.get(name) ?? ''
  const desired = get('desired')
  let set: unknown
  try {
    set = desired === '' ? undefined : JSON.parse(desired)
  } catch {
    throw new UsageError(`desired properties must be JSON, such as {"interval": 5}, got ${desired}`)
  }
  const every = get('every')
  const start = get('start')
  const written = {
    device: {
      id: get('id'),
      ...(get('make') === '' ? {} : { make: get('make') }),
      ...(get('firmware') === '' ? {} : { firmware: get('firmware') }),
    },
    auth: { kind: get('auth'), ...(get('auth') === 'sas' && get('keys') === '2' ? { keys: 2 } : {}) },
    transport: get('transport'),
    does: {
      ...(every === ''
        ? {}
        : {
            telemetry: {
              ...{ every: `${every}s`, qos: 1, json: true },
              ...(get('sequence') === '' ? {} : { sequence: get('sequence') }),
            },
          }),
      ...(get('c2d') === '' ? {} : { c2d: { text: get('c2d') } }),
      ...(get('method') === '' ? {} : { methods: [{ name: get('method') }] }),
      ...(set === undefined ? {} : { twin: { desired: { set } } }),
    },
    triggers: { start: start === '' ? { person: 'Switch the device on.' } : { process: start } },
  }
  deviceFileOf(written)
  return stringify(written)
}
