/** Telemetry that the hub has stored, and messages to the inputs of modules. */

import type { Identity } from './identity.ts'
import type { Message, TelemetryMessage } from './message.ts'

export interface TelemetryStream {
  /** The newest messages, oldest first; bounded by `settings.telemetryRetained`. */
  readonly messages: readonly TelemetryMessage[]
  /** @returns stops listening. */
  subscribe(listener: (message: TelemetryMessage) => void): () => void
  /** Stores a message that the hub itself has to say (twin change, lifecycle, connection state) and stamps it. */
  append(message: Omit<TelemetryMessage, 'sequenceNumber' | 'enqueuedAt'>): TelemetryMessage
}

export interface ModuleInputs {
  /**
   * Hands a message to an input of a module; it waits while the module is away.
   * @throws HubError ModuleNotFound, InvalidOperation for a device.
   */
  send(target: Identity, inputName: string, message: Message): void
}
