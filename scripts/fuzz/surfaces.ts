/** What is fuzzed, by the name of its flag. */

import { fuzzAmqp } from './amqp.ts'
import { fuzzHttp } from './http.ts'
import { fuzzMqtt, type FuzzOptions } from './mqtt.ts'
import { fuzzProvisioning } from './provisioning/provisioning.ts'
import type { Report } from './watch.ts'

export type SurfaceName = 'mqtt' | 'amqp' | 'http' | 'blob' | 'control' | 'provisioning'

export const SURFACES: Readonly<Record<SurfaceName, (options: FuzzOptions) => Promise<Report>>> = {
  mqtt: fuzzMqtt,
  amqp: fuzzAmqp,
  http: (options) => fuzzHttp('http', options),
  blob: (options) => fuzzHttp('blob', options),
  control: (options) => fuzzHttp('control', options),
  provisioning: fuzzProvisioning,
}
