/**
 * The driver protocol, between the suite and a client under test: requests, replies and events. Drivers in other
 * processes exchange the same objects as lines of JSON; `schema/` describes them for authors of drivers.
 */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export const PROTOCOL = 1

/** The kind of the client. */
export type IdentityKind = 'device' | 'module'

/** How a client is created. The arguments have the documented names, in camel case. */
export type Factory = 'connectionString' | 'sasToken' | 'symmetricKey' | 'x509' | 'edgeEnvironment'

/** How a client of the provisioning service is created. */
export type ProvisioningFactory = Extract<Factory, 'symmetricKey' | 'x509'>

/**
 * The kinds of failures, after the documented exceptions. `argument` is a wrong value; `argumentType` is a wrong type,
 * a missing argument or an unknown option; `service` is an unexpected response with a status.
 */
export const ERROR_KINDS = [
  'argument',
  'argumentType',
  'credential',
  'connectionFailed',
  'connectionDropped',
  'noConnection',
  'timeout',
  'cancelled',
  'service',
  'clientInternal',
  'inboxEmpty',
  'os',
  'other',
] as const
export type ErrorKind = (typeof ERROR_KINDS)[number]

/** A failure; `native` is for reports only and has no effect on the verdict. */
export interface DriverError {
  readonly kind: ErrorKind
  /** The status of the response, for `service`. */
  readonly status?: number
  readonly native: { readonly type: string; readonly message: string }
}

/** The events of a client. */
export const HAPPENINGS = [
  'message',
  'method',
  'desired',
  'connectionState',
  'newSasToken',
  'backgroundException',
] as const
export type Happening = (typeof HAPPENINGS)[number]

/** A message that the application sends or receives. The properties keep their order; the body is base64. */
export interface WireMessage {
  readonly body: string
  /** What the application passes to the client. Default: a message object. */
  readonly as?: 'message' | 'text' | 'bytes' | 'number' | 'mapping'
  readonly messageId?: string
  readonly correlationId?: string
  readonly userId?: string
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly inputName?: string
  readonly properties?: readonly (readonly [string, string | null])[]
}

/** The address and ports that the client dials. */
export interface Endpoint {
  readonly host: string
  readonly mqttPort: number
  readonly httpsPort: number
}

/** What the application of the driver does in a handler. */
export interface HandlerBehaviour {
  /** Responds to each method request with it. */
  readonly answer?: { readonly status: number; readonly payload?: Json }
  /** Supplies this token from inside the handler. */
  readonly token?: string
  /** Returns after `release`. */
  readonly hold?: boolean
  /** Throws an exception. */
  readonly fail?: boolean
  /** Disconnects the client and waits for it; for drivers with the capability `handlers.disconnect`. */
  readonly disconnect?: boolean
}

/** One receive call; the defaults are those of the client. */
interface Receive {
  readonly block?: boolean
  /** Seconds. */
  readonly timeout?: number
}

/** The requests by verb. Verbs that need a capability are in the table below. */
export interface Verbs {
  hello: { readonly suite: string }
  create: {
    readonly session: string
    readonly kind: IdentityKind
    readonly factory: Factory | 'constructor'
    readonly arguments: JsonObject
    readonly options: JsonObject
    readonly endpoint?: Endpoint
    readonly environment?: Readonly<Record<string, string>>
  }
  destroy: { readonly session: string }
  stop: object
  /**
   * For `virtual` clocks: sets the time of the client, in epoch milliseconds, and runs the timers that become due. An
   * earlier time than before starts a new scenario. Replies with `{ next }`: when the next timer is due, or null.
   */
  advance: { readonly now: number }
  /** The names that the class of this kind offers. */
  describe: { readonly kind: IdentityKind }
  connect: { readonly session: string }
  disconnect: { readonly session: string }
  shutdown: { readonly session: string }
  updateSasToken: { readonly session: string; readonly token: string }
  sendTelemetry: { readonly session: string; readonly message: WireMessage }
  sendOutput: { readonly session: string; readonly message: WireMessage; readonly output: string }
  respondMethod: {
    readonly session: string
    /** Default: the last request that the client received. */
    readonly requestId?: string
    readonly status: number
    readonly payload?: Json
    /** A payload that cannot be serialized as JSON. */
    readonly unwritable?: boolean
    /** Creates the response from the request instead of its id. */
    readonly fromRequest?: boolean
  }
  getTwin: { readonly session: string }
  patchReported: { readonly session: string; readonly patch: Json; readonly unwritable?: boolean }
  /** Sets the handler of an event, or clears it with `kind: 'none'`. */
  handle: {
    readonly session: string
    readonly happening: Happening
    readonly kind: 'function' | 'coroutine' | 'none'
    readonly behaviour?: HandlerBehaviour
  }
  /** Lets held handlers return, and holds no more until the next `handle`. */
  release: { readonly session: string }
  /** Settles when the hub has the subscriptions of all handlers. */
  sync: { readonly session: string }
  receiveMessage: Receive & { readonly session: string }
  receiveMethod: Receive & { readonly session: string; readonly name?: string }
  receiveDesired: Receive & { readonly session: string }
  receiveInput: Receive & { readonly session: string; readonly input: string }
  uploadInfo: { readonly session: string; readonly blobName: string }
  notifyUpload: {
    readonly session: string
    readonly correlationId: string
    readonly isSuccess: boolean
    readonly statusCode: number
    readonly statusDescription: string
  }
  invokeMethod: {
    readonly session: string
    readonly params: JsonObject
    readonly deviceId: string
    readonly moduleId?: string
  }
  /** `connected`, and which events have a handler. */
  state: { readonly session: string }
  /** Creates a client of the provisioning service. The arguments have the documented names, in camel case. */
  provisionCreate: {
    readonly session: string
    readonly factory: ProvisioningFactory
    readonly arguments: JsonObject
    readonly options: JsonObject
    readonly endpoint?: Endpoint
  }
  /** Registers the device; replies with the result by its documented names. Without a payload none is set. */
  provisionRegister: { readonly session: string; readonly payload?: Json }
  /** Tries to set a read-only attribute. */
  assign: { readonly session: string; readonly attribute: 'connected'; readonly value: Json }
}
export type Verb = keyof Verbs

/** `do` names the verb; the rest are its fields. */
export type DriverRequest = { readonly [V in Verb]: { readonly do: V } & Verbs[V] }[Verb]

/** Exactly one of three: a result, a failure of the client, or not supported. */
export type DriverReply =
  | { readonly ok: Json }
  | { readonly error: DriverError }
  | { readonly unsupported: { readonly reason: string; readonly issue?: string } }

export interface DriverEvent {
  readonly event: Happening | 'deprecation' | 'log' | 'heartbeat'
  readonly session: string
  /** Increases by one with each event of the session. */
  readonly seq: number
  /** The number of arguments of the handler, and their content. */
  readonly data: JsonObject
}

/** The reply to `hello`. */
export interface Hello extends JsonObject {
  readonly protocol: number
  readonly implementation: JsonObject & {
    readonly name: string
    readonly version: string
    readonly language: string
  }
  readonly capabilities: readonly string[]
  /** The options of the factories that the client has. Default: all. */
  readonly options?: readonly string[]
  /** In which order the client wants its calls, where that differs from the documented Python API. */
  readonly idioms?: {
    /** Calls about the twin need a handler of desired properties before them. */
    readonly twin?: 'needs-desired'
  }
  /** `virtual`: the client follows the clock of the suite, by the verb `advance`. */
  readonly clock: 'virtual' | 'real'
}

/** A client under test, in any language. */
export interface ClientDriver {
  readonly hello: Hello
  /** Rejects with a {@link HarnessError} when the driver is faulty, and for no other reason. */
  request(request: DriverRequest): Promise<DriverReply>
  /** @returns a function that removes the listener. */
  onEvent(listener: (event: DriverEvent) => void): () => void
  /** Ends all sessions and the driver. */
  stop(): Promise<void>
}

/** The suite or a driver is faulty: there is no verdict on the client. */
export class HarnessError extends Error {
  override readonly name = 'HarnessError'
}

/** The capability of requests that some languages cannot express. */
function variation(request: DriverRequest): string | undefined {
  if ('unwritable' in request) return 'values.unwritable'
  if ('message' in request && (request.message.as ?? 'message') !== 'message') return 'messages.conversion'
  return undefined
}

/** The capability that a request needs; undefined: the request is mandatory. */
export function capabilityOf(request: DriverRequest): string | undefined {
  return variation(request) ?? CAPABILITY_OF[request.do]
}

/** The capability that each verb needs; all other verbs are mandatory. */
export const CAPABILITY_OF: Readonly<Partial<Record<Verb, string>>> = {
  sendOutput: 'telemetry.output',
  respondMethod: 'methods.respond',
  receiveMethod: 'methods.receive',
  getTwin: 'twin.get',
  patchReported: 'twin.reported',
  receiveDesired: 'twin.desired.receive',
  receiveMessage: 'c2d.receive',
  receiveInput: 'input.receive',
  uploadInfo: 'file-upload',
  notifyUpload: 'file-upload',
  invokeMethod: 'methods.invoke',
  updateSasToken: 'auth.sas.supplied',
  provisionRegister: 'provisioning',
}
