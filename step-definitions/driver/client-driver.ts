/**
 * The port between the suite and a client under test: all that the suite may ask, and all that it may be told. The same
 * objects travel as lines of JSON to drivers in other processes; `schema/` describes them for authors of drivers.
 */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export const PROTOCOL = 1

/** Whose client it is. */
export type IdentityKind = 'device' | 'module'

/** How a client is made; the arguments are named as the documentation names them, in camel case. */
export type Factory = 'connectionString' | 'sasToken' | 'symmetricKey' | 'x509' | 'edgeEnvironment'

/**
 * The closed set of failures: the families of the documented exceptions. `argument` is a wrong value, `argumentType` a
 * wrong type, a missing argument or an option that does not exist; `service` is an unexpected answer with a status.
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

/** A failure; `native` is for reports only and never judged. */
export interface DriverError {
  readonly kind: ErrorKind
  /** Status of the service's answer, for `service`. */
  readonly status?: number
  readonly native: { readonly type: string; readonly message: string }
}

/** What a client tells of by itself. */
export const HAPPENINGS = [
  'message',
  'method',
  'desired',
  'connectionState',
  'newSasToken',
  'backgroundException',
] as const
export type Happening = (typeof HAPPENINGS)[number]

/** A message as the application gives or gets it. Properties keep their order; bodies are base64. */
export interface WireMessage {
  readonly body: string
  /** What the application hands over when it is no message object. */
  readonly as?: 'message' | 'text' | 'bytes' | 'number' | 'mapping'
  readonly messageId?: string
  readonly correlationId?: string
  readonly userId?: string
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly inputName?: string
  readonly properties?: readonly (readonly [string, string | null])[]
}

/** Where the hub under the client's feet really listens. */
export interface Endpoint {
  readonly host: string
  readonly mqttPort: number
  readonly httpsPort: number
}

/** What the driver's application does when something it handles happens. */
export interface HandlerBehaviour {
  /** Answers each method request so. */
  readonly answer?: { readonly status: number; readonly payload?: Json }
  /** Gives this token from inside the handler. */
  readonly token?: string
  /** Does not return before `release`. */
  readonly hold?: boolean
  /** Fails with an exception of its own. */
  readonly fail?: boolean
}

/** One receive call; what is left out is left to the client's defaults. */
interface Receive {
  readonly block?: boolean
  /** Seconds. */
  readonly timeout?: number
}

/** Everything that can be asked, by verb. All but the first four belong to a capability. */
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
   * For clocks that are `virtual`: time at the client is this from now on, epoch ms; what falls due on the way happens. An
   * earlier time than before is a new scenario. Answers `{ next }`, when the next thing is due, or null.
   */
  advance: { readonly now: number }
  /** Names that the class of this kind offers. */
  describe: { readonly kind: IdentityKind }
  connect: { readonly session: string }
  disconnect: { readonly session: string }
  shutdown: { readonly session: string }
  updateSasToken: { readonly session: string; readonly token: string }
  sendTelemetry: { readonly session: string; readonly message: WireMessage }
  sendOutput: { readonly session: string; readonly message: WireMessage; readonly output: string }
  respondMethod: {
    readonly session: string
    /** Left out: the newest request that the client has told of. */
    readonly requestId?: string
    readonly status: number
    readonly payload?: Json
    /** A payload that JSON cannot write. */
    readonly unwritable?: boolean
    /** Make the response from the request instead of from its id. */
    readonly fromRequest?: boolean
  }
  getTwin: { readonly session: string }
  patchReported: { readonly session: string; readonly patch: Json; readonly unwritable?: boolean }
  /** Sets or, with `kind: 'none'`, clears the handler of a happening. */
  handle: {
    readonly session: string
    readonly happening: Happening
    readonly kind: 'function' | 'coroutine' | 'none'
    readonly behaviour?: HandlerBehaviour
  }
  /** Lets held handlers go on, and holds no further ones until the next `handle`. */
  release: { readonly session: string }
  /** Settles when the handlers set so far are in force at the hub. */
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
  /** `connected`, and which happenings have a handler. */
  state: { readonly session: string }
  /** Tries to set an attribute that cannot be set. */
  assign: { readonly session: string; readonly attribute: 'connected'; readonly value: Json }
}
export type Verb = keyof Verbs

/** `do` names the verb; the rest are its fields. */
export type DriverRequest = { readonly [V in Verb]: { readonly do: V } & Verbs[V] }[Verb]

/** Exactly one of three: done, refused by the client, or not offered by it. */
export type DriverReply =
  | { readonly ok: Json }
  | { readonly error: DriverError }
  | { readonly unsupported: { readonly reason: string; readonly issue?: string } }

export interface DriverEvent {
  readonly event: Happening | 'deprecation' | 'log' | 'heartbeat'
  readonly session: string
  /** Grows by one with each event of the session. */
  readonly seq: number
  /** How many positional arguments the handler was called with, and what they held. */
  readonly data: JsonObject
}

/** What `hello` answers. */
export interface Hello extends JsonObject {
  readonly protocol: number
  readonly implementation: JsonObject & {
    readonly name: string
    readonly version: string
    readonly language: string
  }
  readonly capabilities: readonly string[]
  /** `virtual`: the client lives on the suite's clock, by the verb `advance`. */
  readonly clock: 'virtual' | 'real'
}

/** A client under test, whatever its language. */
export interface ClientDriver {
  readonly hello: Hello
  /** Never rejects for what the client does; rejects with a {@link HarnessError} when the driver itself is at fault. */
  request(request: DriverRequest): Promise<DriverReply>
  /** @returns stops listening. */
  onEvent(listener: (event: DriverEvent) => void): () => void
  /** Ends all sessions and the driver. */
  stop(): Promise<void>
}

/** The suite or a driver is broken: no verdict on the client. */
export class HarnessError extends Error {
  override readonly name = 'HarnessError'
}

/** What a language may not let a client be asked. */
function variation(request: DriverRequest): string | undefined {
  if ('unwritable' in request) return 'values.unwritable'
  if ('message' in request && (request.message.as ?? 'message') !== 'message') return 'messages.conversion'
  return undefined
}

/** Capability that a request needs; undefined: everybody must do this. */
export function capabilityOf(request: DriverRequest): string | undefined {
  return variation(request) ?? CAPABILITY_OF[request.do]
}

/** Capability that each verb needs; verbs that are not here are mandatory. */
const CAPABILITY_OF: Readonly<Partial<Record<Verb, string>>> = {
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
}
