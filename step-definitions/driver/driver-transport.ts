/** How lines of the driver protocol get to a driver and back: over a program's stdin and stdout, or over HTTP. */

/** What a carrier tells of. */
export interface TransportListener {
  /** A line of the driver: a reply or an event. */
  line(text: string): void
  /** Free text of the driver, for reports. */
  note(text: string): void
  /** No more lines will come, and why. Said once or more. */
  ended(why: string): void
}

export interface DriverTransport {
  /** Takes one request to the driver. */
  send(line: string): void
  /** After `stop`: nothing more will be sent. Comes back when the driver has gone. */
  close(): Promise<void>
  /** Cuts the driver off, by force if it is ours. */
  kill(): void
}

/** Opens the way to a driver. */
export type OpenTransport = (listener: TransportListener) => DriverTransport
