/**
 * The one gate for what devices ask (decision 3): each operation is journalled, counted against the tier, struck by
 * the faults that are armed for it, and handled. Telemetry passes without a promise and with next to no allocation.
 */

import type { Json } from '../../base/json.ts'
import type { CloudToDevice } from '../contract/c2d.ts'
import type { Faults } from '../contract/faults.ts'
import type { Journal } from '../contract/journal.ts'
import type { MethodCall } from '../contract/methods.ts'
import type { Caller, OperationKind, Operations } from '../contract/operations.ts'
import type { IdentityPrincipal } from '../contract/principal.ts'
import type { Throttle } from '../contract/throttle.ts'
import type { Clock } from '../../base/clock.ts'
import { HUB_ERRORS, type HubErrorKind } from '../errors/catalogue.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import type { FileUploads } from '../uploads/file-upload.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import type { Message } from '../contract/message.ts'
import type { HubMethods } from '../methods/methods.ts'
import type { IdentityRegistry } from '../identity/registry.ts'
import type { HubTelemetry } from '../messaging/telemetry.ts'
import type { HubTwins } from '../twins/twins.ts'

type Outcome<K extends OperationKind> = Operations[K]['outcome'] | Promise<Operations[K]['outcome']>
type Handlers = {
  readonly [K in OperationKind]: (caller: Caller, input: Operations[K]['input']) => Outcome<K>
}
type Met = NonNullable<ReturnType<Faults['match']>>

export interface DispatcherPort {
  readonly clock: Clock
  readonly journal: Journal
  readonly faults: Faults
  readonly throttle: Throttle
  readonly registry: IdentityRegistry
  readonly twins: HubTwins
  readonly methods: HubMethods
  readonly c2d: CloudToDevice
  readonly telemetry: HubTelemetry
  readonly uploads: FileUploads
  /** Takes a message of a module to where routes lead it. @returns whether it also goes to the cloud. */
  route(principal: IdentityPrincipal, message: Message): boolean
  /** A lever wants the link of the caller closed. */
  closeLink(caller: Caller): void
}

export class OperationDispatcher {
  readonly #port: DispatcherPort
  readonly #handlers: Handlers

  constructor(port: DispatcherPort) {
    this.#port = port
    this.#handlers = this.#makeHandlers()
  }

  perform<K extends OperationKind>(caller: Caller, operation: K, input: Operations[K]['input']): Outcome<K> {
    const { principal, transport, linkId } = caller
    const identity = identityKey(principal.identity)
    this.#port.journal.record(
      linkId === undefined
        ? { type: 'operation', identity, transport, operation, input }
        : { type: 'operation', identity, transport, operation, input, linkId },
    )
    this.#port.registry.touch(principal.identity)
    return this.#handlers[operation](caller, input)
  }

  #makeHandlers(): Handlers {
    const { throttle, twins, c2d, uploads, methods } = this.#port
    return {
      telemetry: (caller, { message }) => this.#telemetry(caller, message),
      twinGet: ({ principal }) => {
        throttle.take('twinRead', 0)
        return twins.get(principal.identity)
      },
      twinPatch: ({ principal }, { patch, baseVersion }) => {
        throttle.take('twinUpdate', 0)
        return twins.patchReported(principal.identity, patch, baseVersion)
      },
      methodResponse: (caller, response) => {
        this.#methodResponse(caller, response)
      },
      c2dReceive: ({ principal }) => {
        // Before it is locked: one who is throttled has not been given it. To ask in vain is free.
        const [next] = c2d.waiting(principal.identity)
        if (next !== undefined) throttle.take('c2dReceive', next.message.body.length)
        return c2d.receive(principal.identity)
      },
      c2dSettle: ({ principal }, { lockToken, outcome }) => {
        c2d.settle(principal.identity, lockToken, outcome)
      },
      uploadStart: ({ principal }, { blobName }) => {
        throttle.take('fileUpload', 0)
        const start = (): Promise<Operations['uploadStart']['outcome']> =>
          uploads.start(principal.identity, blobName)
        return this.#struck('file_upload.response', principal, start)
      },
      uploadFinish: ({ principal }, result) => {
        throttle.take('fileUpload', 0)
        const finish = (): Promise<undefined> => uploads.finish(principal.identity, result)
        return this.#struck('file_upload.response', principal, finish)
      },
      invokeMethod: ({ principal }, { target, call }) => {
        this.#checkReach(principal.identity, target)
        throttle.take('method', payloadBytes(call))
        return methods.invoke(target, call)
      },
    }
  }

  /** A gateway knows its own device and that device's children, and nobody else (wire contract 4.5). */
  #checkReach({ deviceId }: Identity, target: Identity): void {
    if (target.deviceId === deviceId) return
    const { registry } = this.#port
    const scope = registry.find({ deviceId })?.deviceScope
    const parents = registry.find({ deviceId: target.deviceId })?.parentScopes ?? []
    if (scope !== undefined && parents.includes(scope)) return
    throw new HubError({
      kind: 'DeviceNotFound',
      rule: 'WIRE-MOD-06',
      expected: `${quoted(deviceId)} itself, one of its modules, or a device in its scope`,
      received: quoted(identityKey(target)),
    })
  }

  #telemetry(caller: Caller, message: Message): undefined | Promise<undefined> {
    const { telemetry, throttle, faults } = this.#port
    telemetry.check(message)
    throttle.take('telemetry', message.body.length)
    if (!faults.idle) {
      const met = this.#meet('telemetry.accept', caller.principal)
      if (met?.effect === 'status') throw ordered(met)
      if (met?.effect === 'delay')
        return this.#later(met).then(() => {
          this.#store(caller, message)
          return undefined
        })
    }
    this.#store(caller, message)
    return undefined
  }

  #store(caller: Caller, message: Message): void {
    const { principal } = caller
    if (principal.identity.moduleId === undefined || this.#port.route(principal, message))
      this.#port.telemetry.accept(caller, message)
  }

  #methodResponse(
    caller: Caller,
    { requestId, status, payload }: Operations['methodResponse']['input'],
  ): undefined {
    const { methods, faults } = this.#port
    const { identity } = caller.principal
    const met = faults.idle ? undefined : this.#meet('method.response', caller.principal)
    switch (met?.effect) {
      case undefined:
        methods.respond(identity, requestId, status, payload)
        return undefined
      case 'withhold':
        return undefined
      case 'close':
        this.#port.closeLink(caller)
        return undefined
      case 'delay':
        // The device has done its part: it is not kept waiting.
        void this.#later(met).then(() => {
          methods.respondIfAwaited(identity, requestId, status, payload)
        })
        return undefined
      case 'status':
        methods.respond(identity, requestId, numberOf(met.parameters['status'], 500), payload)
        return undefined
      case 'body':
        methods.respond(identity, requestId, status, met.parameters['body'] ?? null)
        return undefined
    }
  }

  async #struck<T>(point: string, principal: IdentityPrincipal, handle: () => Promise<T>): Promise<T> {
    const met = this.#port.faults.idle ? undefined : this.#meet(point, principal)
    if (met?.effect === 'status') throw ordered(met)
    if (met?.effect === 'delay') await this.#later(met)
    return handle()
  }

  #meet(point: string, { identity }: IdentityPrincipal): Met | undefined {
    return this.#port.faults.match(point, identityKey(identity))
  }

  #later({ parameters }: Met): Promise<void> {
    return new Promise((resolve) => {
      this.#port.clock.schedule(numberOf(parameters['seconds'], 1) * 1000, resolve)
    })
  }
}

function payloadBytes({ payload }: MethodCall): number {
  return payload === undefined ? 0 : Buffer.byteLength(payload)
}

/** The service's error of the status that was ordered. */
function ordered({ fault, parameters }: Met): HubError {
  const status = numberOf(parameters['status'], 500)
  // The keys of the catalogue are its kinds.
  const kinds = Object.keys(HUB_ERRORS) as HubErrorKind[]
  const kind = kinds.find((candidate) => HUB_ERRORS[candidate].status === status) ?? 'ServerError'
  return new HubError({
    kind,
    message: 'A fault was ordered.',
    rule: fault.name,
    expected: 'no fault',
    received: fault.explain,
  })
}

function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
