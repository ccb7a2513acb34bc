/**
 * Every operation of a device: it is journalled, counted against the tier, exposed to armed faults, and handled.
 * Telemetry takes no promise and hardly any allocation.
 */

import type { Json } from '../../base/json.ts'
import type { CloudToDevice } from '../contract/c2d.ts'
import type { Faults } from '../contract/faults.ts'
import type { Journal } from '../contract/journal.ts'
import { sizeOf } from '../methods/method-payload.ts'
import type { Caller, OperationKind, Operations } from '../contract/operations.ts'
import type { IdentityPrincipal } from '../contract/principal.ts'
import type { Throttle } from '../contract/throttle.ts'
import { forPurpose, type Clock } from '../../base/clock.ts'
import { kindOfStatus } from '../errors/catalogue.ts'
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

export interface DispatcherDependencies {
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
  /** Sends a message of a module along the routes. @returns whether it goes to the cloud. */
  route(principal: IdentityPrincipal, message: Message): boolean
  /** Closes the link of the caller, because of a fault. */
  closeLink(caller: Caller): void
}

export class OperationDispatcher {
  readonly #deps: DispatcherDependencies
  readonly #handlers: Handlers

  constructor(deps: DispatcherDependencies) {
    this.#deps = deps
    this.#handlers = this.#makeHandlers()
  }

  perform<K extends OperationKind>(caller: Caller, operation: K, input: Operations[K]['input']): Outcome<K> {
    const { principal, transport, linkId } = caller
    const identity = identityKey(principal.identity)
    this.#deps.journal.record(
      linkId === undefined
        ? { type: 'operation', identity, transport, operation, input }
        : { type: 'operation', identity, transport, operation, input, linkId },
    )
    this.#deps.registry.touch(principal.identity)
    return this.#handlers[operation](caller, input)
  }

  #makeHandlers(): Handlers {
    const { throttle, twins, c2d, uploads, methods } = this.#deps
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
        // Before the message is locked, so that a throttled request delivers nothing. An empty queue costs nothing.
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
        return this.#withFault('file_upload.response', principal, start)
      },
      uploadFinish: ({ principal }, result) => {
        throttle.take('fileUpload', 0)
        const finish = (): Promise<undefined> => uploads.finish(principal.identity, result)
        return this.#withFault('file_upload.response', principal, finish)
      },
      invokeMethod: ({ principal }, { target, call }) => {
        this.#checkReach(principal.identity, target)
        throttle.take('method', sizeOf(call.payload))
        return methods.invoke(target, call)
      },
    }
  }

  /** A gateway reaches its own device and the children of that device (WIRE-MOD-06). */
  #checkReach({ deviceId }: Identity, target: Identity): void {
    if (target.deviceId === deviceId) return
    const { registry } = this.#deps
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
    const { telemetry, throttle, faults } = this.#deps
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
    if (principal.identity.moduleId === undefined || this.#deps.route(principal, message))
      this.#deps.telemetry.accept(caller, message)
  }

  #methodResponse(
    caller: Caller,
    { requestId, status, payload }: Operations['methodResponse']['input'],
  ): undefined {
    const { methods, faults } = this.#deps
    const { identity } = caller.principal
    const met = faults.idle ? undefined : this.#meet('method.response', caller.principal)
    switch (met?.effect) {
      case undefined:
        methods.respond(identity, requestId, status, payload)
        return undefined
      case 'withhold':
        return undefined
      case 'close':
        this.#deps.closeLink(caller)
        return undefined
      case 'delay':
        // The device does not wait for it.
        void this.#later(met).then(() => {
          methods.respondIfAwaited(identity, requestId, status, payload)
        })
        return undefined
      case 'status':
        methods.respond(identity, requestId, numberOf(met.parameters['status'], 500), payload)
        return undefined
      case 'body':
        methods.respond(
          identity,
          requestId,
          status,
          Buffer.from(JSON.stringify(met.parameters['body'] ?? null)),
        )
        return undefined
    }
  }

  async #withFault<T>(point: string, principal: IdentityPrincipal, handle: () => Promise<T>): Promise<T> {
    const met = this.#deps.faults.idle ? undefined : this.#meet(point, principal)
    if (met?.effect === 'status') throw ordered(met)
    if (met?.effect === 'delay') await this.#later(met)
    return handle()
  }

  #meet(point: string, { identity }: IdentityPrincipal): Met | undefined {
    return this.#deps.faults.match(point, identityKey(identity))
  }

  #later({ parameters }: Met): Promise<void> {
    return new Promise((resolve) => {
      this.#deps.clock.schedule(
        numberOf(parameters['seconds'], 1) * 1000,
        forPurpose({ kind: 'fault' }, resolve),
      )
    })
  }
}

/** The service's error with the status that the fault asks for. */
function ordered({ fault, parameters }: Met): HubError {
  return new HubError({
    kind: kindOfStatus(numberOf(parameters['status'], 500)),
    message: 'A fault was injected.',
    rule: fault.name,
    expected: 'no fault',
    received: fault.explain,
  })
}

function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
