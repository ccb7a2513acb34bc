/** Clients for the tests, connected to a scripted hub. */

import {
  IoTHubDeviceClient,
  IoTHubModuleClient,
  type ClientOptions,
  type ClientExtensions,
} from '../index.ts'
import type { TestHub } from './test-hub.ts'

export const KEY = Buffer.from('a key of the tests').toString('base64')
export const DEVICE = `HostName=localhost;DeviceId=d1;SharedAccessKey=${KEY}`
export const MODULE = `HostName=localhost;DeviceId=d1;ModuleId=m1;SharedAccessKey=${KEY}`

export interface TestOptions extends Omit<ClientOptions, 'extensions'> {
  readonly extensions?: Omit<ClientExtensions, 'endpoint'>
  readonly sastokenTtl?: number
}

export function optionsFor(hub: Pick<TestHub, 'ca' | 'port'>, { extensions, ...options }: TestOptions = {}) {
  return {
    ...options,
    serverVerificationCert: hub.ca,
    extensions: {
      ...extensions,
      endpoint: { host: '127.0.0.1', mqttPort: hub.port, httpsPort: hub.port },
    },
  }
}

export function deviceOn(hub: Pick<TestHub, 'ca' | 'port'>, options?: TestOptions): IoTHubDeviceClient {
  return IoTHubDeviceClient.createFromConnectionString(DEVICE, optionsFor(hub, options))
}

export function moduleOn(hub: Pick<TestHub, 'ca' | 'port'>, options?: TestOptions): IoTHubModuleClient {
  return IoTHubModuleClient.createFromConnectionString(MODULE, optionsFor(hub, options))
}

/** A handler, and a promise of the arguments of its next call. */
export function nextCall<Args extends readonly unknown[]>(): {
  handler: (...args: Args) => void
  called: Promise<Args>
} {
  let handler: (...args: Args) => void = () => undefined
  const called = new Promise<Args>((resolve) => {
    handler = (...args) => {
      resolve(args)
    }
  })
  return { handler, called }
}
