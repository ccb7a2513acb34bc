/** The readers of a partition in a consumer group: one owner with an epoch, or up to five without. */

import { HubError } from '../../core/errors/hub-error.ts'

export interface Reader {
  /** Undefined: the reader is not an owner. */
  readonly epoch: number | undefined
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
      throw conflict(
        `an epoch of at least ${owner.epoch}, the owner's`,
        reader.epoch === undefined ? 'none' : `epoch ${reader.epoch}`,
      )
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
        other.stolen(conflict(`an epoch of at least ${reader.epoch}, the new owner's`, shownEpoch(other)))
      }
    readers.add(reader)
    this.#byPlace.set(place, readers)
    return () => {
      readers.delete(reader)
      if (readers.size === 0 && this.#byPlace.get(place) === readers) this.#byPlace.delete(place)
    }
  }
}

function shownEpoch({ epoch }: Reader): string {
  return epoch === undefined ? 'none' : `epoch ${epoch}`
}

function conflict(expected: string, received: string): HubError {
  return new HubError({ kind: 'LinkCreationConflict', rule: 'WIRE-AMQP-10', expected, received })
}
