/** The transport of the driver protocol: the standard streams of a program, or HTTP. */

/** Receives what a driver sends. */
export interface TransportListener {
  /** A line with a reply or an event. */
  line(text: string): void
  /** Free text, for reports. */
  note(text: string): void
  /** The driver has ended; called at least once, with the reason. */
  ended(why: string): void
}

export interface DriverTransport {
  /** Sends one request. */
  send(line: string): void
  /** After `stop`, when no request follows. Settles when the driver has ended. */
  close(): Promise<void>
  /** Closes the connection, or kills the program. */
  kill(): void
}

/** Opens a transport. */
export type OpenTransport = (listener: TransportListener) => DriverTransport
