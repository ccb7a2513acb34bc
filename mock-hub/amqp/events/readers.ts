/** The readers of a partition in a consumer group: one owner with an epoch, or up to five without. */

import { HubError } from '../../core/errors/hub-error.ts'

export interface Reader {
  /** Undefined: the reader is not an owner. */
  readonly epoch: number | undefined
  /** As the client calls it; `nil` without a name, as Event Hubs says. */
  readonly name: string
  /** Called when a reader with a higher epoch takes the partition. */
  stolen(error: HubError): void
}

/** Event Hubs' limit of readers without an epoch. */
const MOST_WITHOUT_EPOCH = 5

export class Readers {
  readonly #byPlace = new Map<string, Set<Reader>>()

  /**
   * @param place partition and consumer group.
   * @returns removes the reader.
   * @throws HubError LinkCreationConflict when the owner has a higher epoch, or the reader none;
   *   DeviceMaximumQueueSizeExceeded when there are five already.
   */
  enter(place: string, reader: Reader): () => void {
    const readers = this.#byPlace.get(place) ?? new Set<Reader>()
    const owner = [...readers].find(({ epoch }) => epoch !== undefined)
    if (owner?.epoch !== undefined && (reader.epoch ?? -1) < owner.epoch)
      throw tooLow(reader, owner.name, owner.epoch)
    if (reader.epoch === undefined && readers.size >= MOST_WITHOUT_EPOCH)
      throw new HubError({
        kind: 'DeviceMaximumQueueSizeExceeded',
        rule: 'WIRE-AMQP-10',
        expected: `at most ${MOST_WITHOUT_EPOCH} readers of a partition in a consumer group`,
        received: 'one more',
      })
    if (reader.epoch !== undefined)
      for (const other of [...readers]) {
        readers.delete(other)
        other.stolen(stolen(other, reader.name, reader.epoch))
      }
    readers.add(reader)
    this.#byPlace.set(place, readers)
    return () => {
      readers.delete(reader)
      if (readers.size === 0 && this.#byPlace.get(place) === readers) this.#byPlace.delete(place)
    }
  }
}

type Named = Pick<Reader, 'name' | 'epoch'>

/** A reader that comes while the owner has a higher epoch, in the words of Event Hubs. */
function tooLow({ name, epoch }: Named, owner: string, highest: number): HubError {
  return conflict(
    `an epoch of at least ${highest}, the owner's`,
    epoch,
    epoch === undefined
      ? `At least one receiver for the endpoint is created with epoch of '${highest}', and so non-epoch receiver is not allowed. Either reconnect with a higher epoch, or make sure all epoch receivers are closed or disconnected.`
      : `Receiver '${owner}' with a higher epoch '${highest}' already exists. Receiver '${name}' with epoch ${epoch} cannot be created. Make sure you are creating receiver with increasing epoch value to ensure connectivity, or ensure all old epoch receivers are closed or disconnected.`,
  )
}

/** A reader whose place another one takes. */
function stolen({ name, epoch = -1 }: Named, taker: string, highest: number): HubError {
  return conflict(
    `an epoch of at least ${highest}, the new owner's`,
    epoch,
    `New receiver '${taker}' with higher epoch of '${highest}' is created hence current receiver '${name}' with epoch '${epoch}' is getting disconnected. If you are recreating the receiver, make sure a higher epoch is used.`,
  )
}

function conflict(expected: string, epoch: number | undefined, message: string): HubError {
  const received = epoch === undefined ? 'no epoch' : `epoch ${epoch}`
  return new HubError({ kind: 'LinkCreationConflict', message, rule: 'WIRE-AMQP-10', expected, received })
}
