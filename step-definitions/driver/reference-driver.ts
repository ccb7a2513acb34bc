/** The driver of the reference client, in this process and on the clock of the suite. */
/* oxlint-disable typescript/no-deprecated -- deprecated calls are documented and tested */

import {
  type Clock,
  IoTHubDeviceClient,
  IoTHubModuleClient,
  type JsonObject as ClientJsonObject,
  type MethodParams,
} from 'mock-iot-hub-client'
import {
  type ClientDriver,
  type DriverEvent,
  type DriverReply,
  type DriverRequest,
  type Hello,
  type Json,
  type JsonObject,
  PROTOCOL,
} from './client-driver.ts'
import { createClient } from './reference-factories.ts'
import { ReferenceProvisioning } from './reference-provisioning.ts'
import { describeError, messageFrom, messageOf, methodResponse, NOT_JSON } from './reference-values.ts'
import { ReferenceSession } from './reference-session.ts'

export const HELLO: Hello = {
  protocol: PROTOCOL,
  implementation: { name: 'reference-client', version: '0.1.0', language: 'typescript' },
  capabilities: [
    'identity.device',
    'identity.module',
    'identity.edge-module',
    'auth.sas.renewable',
    'auth.sas.supplied',
    'auth.symmetric-key',
    'auth.x509',
    'transport.mqtt',
    'transport.mqtt-ws',
    'proxy.http',
    'proxy.socks',
    'gateway',
    'tls.custom-ca',
    'tls.ciphers',
    'lifecycle',
    'telemetry',
    'messages.conversion',
    'values.unwritable',
    'handlers.disconnect',
    'telemetry.output',
    'c2d',
    'c2d.receive',
    'methods',
    'methods.receive',
    'methods.respond',
    'methods.invoke',
    'twin.get',
    'twin.reported',
    'twin.desired',
    'twin.desired.receive',
    'input',
    'input.receive',
    'file-upload',
    'connection',
    'connection.retry',
    'connection.auto-connect',
    'connection.keep-alive',
    'connection.state-events',
    'model-id',
    'deprecation-notices',
    'provisioning',
    'provisioning.tls',
  ],
  clock: 'virtual',
}

export class ReferenceDriver implements ClientDriver {
  readonly hello = HELLO
  readonly #clock: Clock
  readonly #sessions = new Map<string, ReferenceSession>()
  readonly #provisioning = new ReferenceProvisioning()
  readonly #listeners = new Set<(event: DriverEvent) => void>()
  #stopWatching: () => void

  /** @param clock the clock of the suite, for all clients. */
  constructor(clock: Clock) {
    this.#clock = clock
    const warned = (warning: Error & { readonly code?: string }) => {
      if (warning.code !== 'IOTHUB_DEPRECATED') return
      for (const session of this.#sessions.values()) session.emit('deprecation', { notice: warning.message })
    }
    process.on('warning', warned)
    this.#stopWatching = () => {
      process.off('warning', warned)
    }
  }

  onEvent(listener: (event: DriverEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async request(request: DriverRequest): Promise<DriverReply> {
    try {
      return { ok: (await this.#perform(request)) ?? null }
    } catch (error) {
      return { error: describeError(error) }
    }
  }

  async stop(): Promise<void> {
    this.#stopWatching()
    const sessions = [...this.#sessions.values()]
    this.#sessions.clear()
    this.#provisioning.end()
    await Promise.allSettled(sessions.map((session) => session.end()))
    this.#listeners.clear()
  }

  async #perform(request: DriverRequest): Promise<Json | undefined> {
    switch (request.do) {
      case 'hello':
        return HELLO
      case 'stop':
        await this.stop()
        return undefined
      case 'advance':
        return { next: null } // the clients share the clock of the suite
      case 'describe':
        return describeClass(request.kind === 'device' ? IoTHubDeviceClient : IoTHubModuleClient)
      case 'create': {
        const client = await createClient(request, this.#clock)
        this.#sessions.set(
          request.session,
          new ReferenceSession(request.session, client, (event) => {
            for (const listener of this.#listeners) listener(event)
          }),
        )
        return undefined
      }
      case 'destroy':
        await this.#sessions.get(request.session)?.end()
        this.#sessions.delete(request.session)
        this.#provisioning.end(request.session)
        return undefined
      case 'provisionCreate':
        this.#provisioning.create(request, this.#clock)
        return undefined
      case 'provisionRegister':
        return this.#provisioning.register(request)
      default:
        return this.#call(request)
    }
  }

  async #call(request: Exclude<DriverRequest, { do: OfDriver }>): Promise<Json | undefined> {
    const session = this.#sessions.get(request.session)
    if (session === undefined) throw new Error(`The session ${request.session} does not exist`)
    const { client } = session
    switch (request.do) {
      case 'connect':
        await client.connect()
        return undefined
      case 'disconnect':
        await client.disconnect()
        return undefined
      case 'shutdown':
        await client.shutdown()
        return undefined
      case 'updateSasToken':
        await client.updateSastoken(request.token)
        return undefined
      case 'sendTelemetry':
        await client.sendMessage(messageFrom(request.message))
        return undefined
      case 'sendOutput':
        await moduleOf(client).sendMessageToOutput(messageFrom(request.message), request.output)
        return undefined
      case 'respondMethod':
        await client.sendMethodResponse(methodResponse(request, session.request(request.requestId)))
        return undefined
      case 'getTwin':
        return { ...(await client.getTwin()) }
      case 'patchReported':
        // Some requirements are about a patch that is not a JSON object.
        await client.patchTwinReportedProperties(
          (request.unwritable === true ? { value: NOT_JSON } : request.patch) as unknown as ClientJsonObject,
        )
        return undefined
      case 'handle':
        session.handle(request)
        return undefined
      case 'release':
        session.release()
        return undefined
      case 'sync':
        await client.handlersReady()
        return undefined
      case 'receiveMessage':
        return messageOf(await deviceOf(client).receiveMessage(request.block, request.timeout))
      case 'receiveInput':
        return messageOf(
          await moduleOf(client).receiveMessageOnInput(request.input, request.block, request.timeout),
        )
      case 'receiveMethod': {
        const received = await client.receiveMethodRequest(request.name, request.block, request.timeout)
        return received === null ? null : session.remember(received)
      }
      case 'receiveDesired':
        return await client.receiveTwinDesiredPropertiesPatch(request.block, request.timeout)
      case 'uploadInfo':
        return { ...(await deviceOf(client).getStorageInfoForBlob(request.blobName)) }
      case 'notifyUpload':
        await deviceOf(client).notifyBlobUploadStatus(
          request.correlationId,
          request.isSuccess,
          request.statusCode,
          request.statusDescription,
        )
        return undefined
      case 'invokeMethod': {
        // Some requirements are about wrong parameters.
        const params = request.params as unknown as MethodParams
        return { ...(await moduleOf(client).invokeMethod(params, request.deviceId, request.moduleId)) }
      }
      case 'state':
        return { connected: client.connected, handlers: session.handlers() }
      case 'assign':
        Object.assign(client, { [request.attribute]: request.value })
        return undefined
    }
  }
}

type Client = IoTHubDeviceClient | IoTHubModuleClient
/** The verbs that are not about a device or module client. */
type OfDriver =
  | 'hello'
  | 'stop'
  | 'advance'
  | 'describe'
  | 'create'
  | 'destroy'
  | 'provisionCreate'
  | 'provisionRegister'

function deviceOf(client: Client): IoTHubDeviceClient {
  if (client instanceof IoTHubDeviceClient) return client
  throw new TypeError('The request needs a device client')
}

function moduleOf(client: Client): IoTHubModuleClient {
  if (client instanceof IoTHubModuleClient) return client
  throw new TypeError('The request needs a module client')
}

/** The names that a class offers, including inherited ones. */
function describeClass(type: typeof IoTHubDeviceClient | typeof IoTHubModuleClient): JsonObject {
  const factories = Object.getOwnPropertyNames(type).filter((name) => name.startsWith('createFrom'))
  const calls: string[] = []
  const attributes: string[] = []
  for (
    let level: object | null = type.prototype;
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object | null // a prototype is an object
  ) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (name === 'constructor') continue
      ;(property.get === undefined ? calls : attributes).push(name)
    }
  }
  return { factories, calls, attributes }
}
