/** The devices and modules that use one connection, and the nodes that they attach to (docs/contract/amqp.md#amqp-device-nodes). */

import { checkApiVersion } from '../../core/contract/api-versions.ts'
import { identityKey } from '../../core/contract/identity.ts'
import type { Identity } from '../../core/contract/identity.ts'
import type { DeviceEndpoint } from '../addresses.ts'
import { addressNotFound, TOKEN_EXPIRED } from '../refusals.ts'
import { MESSAGE_LIMITS } from '../connection-context.ts'
import type { ConnectionContext } from '../connection-context.ts'
import type { Incoming, Link } from '../endpoint/links.ts'
import { textOf } from '../codec/values.ts'
import { Device } from './device.ts'
import type { Outlet } from './device.ts'
import { storeTelemetry } from './telemetry.ts'
import { answerMethod, askTwin } from './requests.ts'

type Handler = (context: ConnectionContext, device: Device, incoming: Incoming) => void

/** Handlers of what a device sends, by endpoint. */
const INLETS: Readonly<Partial<Record<DeviceEndpoint, Handler>>> = {
  events: storeTelemetry,
  methods: answerMethod,
  twin: askTwin,
}
const MODEL_ID = 'com.microsoft:model-id'
const API_VERSION = 'com.microsoft:api-version'
const ATTACH = { rule: 'WIRE-CONN-15', place: `the link property ${API_VERSION}:` }
const AUTH_CHAIN = 'com.microsoft:auth-chain'

export class Devices {
  readonly #context: ConnectionContext
  readonly #byKey = new Map<string, Device>()

  constructor(context: ConnectionContext) {
    this.#context = context
  }

  /** Opens a link of a device. @throws HubError when the device cannot authenticate, or there is no such node. */
  open(link: Link, identity: Identity, endpoint: DeviceEndpoint): void {
    const outlets = link.type === 'sending' ? outletsOf(identity, endpoint) : []
    const handle = link.type === 'receiving' ? INLETS[endpoint] : undefined
    if (outlets.length === 0 && handle === undefined) {
      const who = identity.moduleId === undefined ? 'device' : 'module'
      const can = link.type === 'sending' ? 'receive from' : 'send to'
      throw addressNotFound(link.address ?? '', `a node that a ${who} can ${can}`)
    }
    const { deviceFaults } = this.#context.hub
    // A live connection is closed with a condition; a new one is dropped (docs/contract/telemetry.md#telemetry-fault-shutdown).
    if (deviceFaults.breaks(identityKey(identity), this.#context.transport) !== undefined) {
      this.#context.breakPart('tcp')
      return
    }
    const refusal = deviceFaults.refusal(identityKey(identity))
    if (refusal !== undefined) throw refusal
    const authChain = textOf(link.peerAttach.properties?.get(AUTH_CHAIN))
    const { principal, release } = this.#context.tokens.requireIdentity(identity, authChain, (error) => {
      this.#context.refused(error, identityKey(identity))
      link.detach(TOKEN_EXPIRED)
    })
    let device: Device
    try {
      device = this.#deviceOf(link, principal)
    } catch (error) {
      release()
      throw error
    }
    const letGo = device.holds(link)
    const onGone = (): void => {
      release()
      letGo()
    }
    if (link.type === 'sending') device.openOutlets(outlets, link, onGone)
    else if (handle !== undefined)
      link.open(
        {
          onMessage: (incoming) => {
            this.#take(device, handle, incoming)
          },
          onGone,
        },
        MESSAGE_LIMITS,
      )
  }

  /** @param key identity key. @returns undefined: the identity has no link on this connection. */
  find(key: string): Device | undefined {
    return this.#byKey.get(key)
  }

  /** Identity keys of all that have a link. */
  get keys(): readonly string[] {
    return [...this.#byKey.keys()]
  }

  /** Ends all sessions: the connection ends. */
  stop(): void {
    for (const device of [...this.#byKey.values()]) device.ended()
  }

  #deviceOf(link: Link, principal: Device['principal']): Device {
    const key = identityKey(principal.identity)
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const { properties } = link.peerAttach
    const said = {
      modelId: textOf(properties?.get(MODEL_ID)),
      apiVersion: textOf(properties?.get(API_VERSION)),
    }
    if (said.apiVersion !== undefined) checkApiVersion(said.apiVersion, this.#context.hub.settings, ATTACH)
    const device = new Device(this.#context, principal, said, () => {
      if (this.#byKey.get(key) === device) this.#byKey.delete(key)
    })
    device.openSession()
    this.#byKey.set(key, device)
    return device
  }

  #take(device: Device, handle: Handler, incoming: Incoming): void {
    try {
      handle(this.#context, device, incoming)
    } catch (error) {
      device.reject(incoming, error)
    }
  }
}

/** A module gets messages to itself at `devicebound` (docs/contract/cloud-to-device.md#c2d-modules), and its inputs at either node. */
function outletsOf({ moduleId }: Identity, endpoint: DeviceEndpoint): readonly Outlet[] {
  switch (endpoint) {
    case 'methods':
    case 'twin':
      return [endpoint]
    case 'devicebound':
      // The C SDK reads the inputs of a module here.
      return moduleId === undefined ? ['c2d'] : ['c2d', 'inputs']
    case 'events':
      return moduleId === undefined ? [] : ['inputs']
  }
}
