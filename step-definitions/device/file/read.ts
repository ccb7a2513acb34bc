/** Reads a device file. Each error names the field, the rule and what was given. */

import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject } from 'ajv'
import { parse } from 'yaml'
import { OUR_NUMBERS } from '../catalogue/numbers.ts'
import { TRIGGERS, type DeviceFile } from './device-file.ts'
import { DEVICE_FILE_SCHEMA } from './schema.ts'

export class DeviceFileError extends RangeError {}

/** @throws DeviceFileError. */
export function readDeviceFile(path: string): DeviceFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new DeviceFileError(`${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
  return parseDeviceFile(text, path)
}

/** @param name shown in errors. @throws DeviceFileError. */
export function parseDeviceFile(text: string, name = 'device.yaml'): DeviceFile {
  let read: unknown
  try {
    read = parse(text)
  } catch (error) {
    throw new DeviceFileError(
      `${name}: is not YAML: ${(error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''}`,
    )
  }
  return deviceFileOf(read, name)
}

interface Written {
  readonly device: DeviceFile['device']
  readonly auth: DeviceFile['auth']
  readonly transport?: DeviceFile['transport']
  readonly does?: {
    readonly telemetry?: {
      every?: string
      qos?: 0 | 1
      json?: boolean
      sequence?: string
      properties?: Readonly<Record<string, string>>
    }
    readonly c2d?: { text: string; shows?: object; within?: string }
    readonly methods?: readonly { name: string; within?: string }[]
    readonly twin?: { desired?: { set: object; echoed?: object; within?: string }; reported?: boolean }
    readonly upload?: { within?: string }
  }
  readonly triggers?: DeviceFile['triggers']
  readonly limits?: {
    patience?: string
    maxPause?: string
    receive?: string | number
    inFlight?: number
    clock?: boolean
    keeps?: number
    scaled?: number
  }
  readonly network?: DeviceFile['network']
  readonly roots?: number
}

const check = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile(DEVICE_FILE_SCHEMA)
const DEFAULT_WITHIN = 15

/** @throws DeviceFileError. */
export function deviceFileOf(read: unknown, name = 'device.yaml'): DeviceFile {
  if (!check(read)) throw new DeviceFileError(`${name}: ${explain(check.errors ?? [])}`)
  const {
    device,
    auth,
    transport = 'mqtt',
    does = {},
    triggers = {},
    limits = {},
    network = {},
    roots = 1,
  } = read as Written // checked
  const { telemetry, c2d, methods, twin, upload } = does
  const seconds = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : secondsOf(text)
  const everySeconds = seconds(telemetry?.every)
  const receiveBytes = limits.receive === undefined ? undefined : bytesOf(limits.receive)
  const { start } = triggers
  // A program can be killed and started again.
  const power =
    start !== undefined && 'process' in start && triggers.powerCycle === undefined
      ? { powerCycle: start }
      : {}
  return {
    ...{ device, auth, transport, network, roots },
    triggers: { ...triggers, ...power },
    does: {
      ...(telemetry === undefined
        ? {}
        : {
            telemetry: {
              ...without(telemetry, 'every'),
              ...(everySeconds === undefined ? {} : { everySeconds }),
            },
          }),
      ...(c2d === undefined
        ? {}
        : { c2d: { ...without(c2d, 'within'), withinSeconds: seconds(c2d.within) ?? DEFAULT_WITHIN } }),
      ...(methods === undefined
        ? {}
        : {
            methods: methods.map((method) => {
              const withinSeconds = seconds(method.within)
              return {
                ...without(method, 'within'),
                ...(withinSeconds === undefined ? {} : { withinSeconds }),
              }
            }),
          }),
      ...(twin === undefined
        ? {}
        : {
            twin: {
              ...(twin.reported === undefined ? {} : { reported: twin.reported }),
              ...(twin.desired === undefined
                ? {}
                : {
                    desired: {
                      ...without(twin.desired, 'within'),
                      withinSeconds: seconds(twin.desired.within) ?? DEFAULT_WITHIN,
                    },
                  }),
            },
          }),
      ...(upload === undefined ? {} : { upload: { withinSeconds: seconds(upload.within) ?? 60 } }),
    } as DeviceFile['does'], // the schema has checked what is left
    limits: {
      patienceSeconds: seconds(limits.patience) ?? OUR_NUMBERS.patienceSeconds,
      maxPauseSeconds: seconds(limits.maxPause) ?? OUR_NUMBERS.longestPauseSeconds,
      ...(receiveBytes === undefined ? {} : { receiveBytes }),
      inFlight: limits.inFlight ?? OUR_NUMBERS.inFlight,
      clock: limits.clock ?? true,
      ...(limits.keeps === undefined ? {} : { keeps: limits.keeps }),
      ...(limits.scaled === undefined ? {} : { scaled: limits.scaled }),
    },
  }
}

function without<T extends object, K extends keyof T>(value: T, name: K): Omit<T, K> {
  const { [name]: _left, ...rest } = value
  return rest
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 0.001],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
])

/** `10s`, `15m`, `1h`: checked by the schema. */
export function secondsOf(text: string): number {
  const [, amount = '0', unit = 's'] = /^(\d+(?:\.\d+)?)(ms|[smhd])$/.exec(text) ?? []
  return Number(amount) * (UNITS.get(unit) ?? 1)
}

/** `64KB` or a number. */
function bytesOf(given: string | number): number {
  return typeof given === 'number' ? given : Number(/^\d+/.exec(given)?.[0] ?? 0) * 1024
}

const isUnknown = ({ keyword }: ErrorObject): boolean => keyword === 'additionalProperties'

function explain(errors: readonly ErrorObject[]): string {
  // The deepest error says most; `anyOf` and `oneOf` only say that something below them is wrong.
  const [error] = [...errors]
    .filter(({ keyword }) => !['anyOf', 'oneOf', 'if'].includes(keyword))
    .sort(
      (a, b) => b.instancePath.length - a.instancePath.length || Number(isUnknown(b)) - Number(isUnknown(a)),
    )
  if (error === undefined) return 'is invalid'
  const place = error.instancePath.slice(1).replaceAll('/', '.')
  const { additionalProperty, missingProperty, allowedValues } = error.params as Record<string, unknown>
  const field = [place, additionalProperty ?? missingProperty].filter(Boolean).join('.') || 'the file'
  if (additionalProperty !== undefined)
    return `${field} must be left out: it is no field of a device file${place === 'triggers' ? ` (triggers: ${TRIGGERS.join(', ')})` : ''}`
  if (missingProperty !== undefined) return `${field} must be given`
  const rule = Array.isArray(allowedValues)
    ? `must be one of ${allowedValues.join(', ')}`
    : (error.message ?? 'is invalid')
  return `${field} ${rule}, got ${JSON.stringify(error.data)}`
}
