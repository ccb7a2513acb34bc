/**
 * A device as a maker would build one: plain sockets, its own packets, and what the documents ask of it. It keeps what it could
 * not send, comes back with growing pauses, renews its token, and answers methods. What it does at each point is a trait.
 */

import type { Clock } from 'mock-iot-hub'
import { Application } from './application.ts'
import { Link } from './link.ts'
import type { DeviceOptions, OpenLink, Owner, Refused } from './parts.ts'
import { GOOD, type Traits } from './traits.ts'

/** How long a connection must live to count as a success. */
const SUCCESS_MS = 5_000
const DIAL_TWICE_MS = 8_000

export class Device implements Owner {
  readonly options: DeviceOptions
  readonly traits: Traits
  readonly app: Application
  link: Link | undefined
  /** Failures in a row. */
  failures = 0
  connections = 0
  #on = false
  #stuck = false
  #address: string | undefined
  #token: { readonly text: string; readonly expiresAt: number } | undefined
  #keyAt = 0
  #timer: () => void = () => undefined
  #pinned: string | undefined
  #blows = 0
  #drops = 0
  #losses = 0
  #goneUntil = 0
  #hasTime = false
  #stopRestarts: () => void = () => undefined

  constructor(options: DeviceOptions) {
    this.options = options
    this.traits = { ...GOOD, ...options.traits }
    this.app = new Application(this)
  }

  get clock(): Clock {
    return this.options.clock
  }

  get pinned(): string | undefined {
    return this.#pinned
  }

  pin(fingerprint: string): void {
    this.#pinned ??= fingerprint
  }

  start(): void {
    if (this.#on) return
    this.#on = true
    this.#stuck = false
    this.app.start()
    this.#dialIn(0)
    const { restartsEverySeconds } = this.traits
    if (Number.isFinite(restartsEverySeconds))
      this.#stopRestarts = this.clock.schedule(restartsEverySeconds * 1000, () => {
        this.powerCycle()
      })
  }

  /** The plug is pulled: nothing is said, and what stands in memory is gone. */
  powerOff(): void {
    this.#on = false
    this.#stopRestarts()
    this.#timer()
    this.app.stop()
    this.link?.drop()
    this.link = undefined
  }

  powerCycle(): void {
    this.powerOff()
    this.app.forget()
    this.failures = 0
    this.#blows = 0
    this.#token = undefined
    if (this.traits.afterPowerCycle) this.start()
  }

  /** Says goodbye and stays away. */
  stop(): void {
    if (!this.traits.stops) return
    this.#on = false
    this.#timer()
    this.app.stop()
    this.link?.disconnect()
  }

  /** Stops doing anything, as a device whose program has died; only power helps. */
  die(): void {
    this.#stuck = true
    this.#timer()
    this.app.stop()
    this.link?.hang()
  }

  /** The life of the next tokens, in seconds; a new one is made at once. */
  setTokenLife(seconds: number): void {
    this.app.twin.tokenSeconds = seconds
    this.renew()
  }

  /** A new token needs a new connection. */
  renew(): void {
    this.#token = undefined
    if (this.link === undefined) return
    if (!this.traits.keepsSendingOnRenewal) this.app.loseOne()
    if (!this.traits.overlaps) {
      this.link.disconnect()
      this.link = undefined
    }
    this.#dialIn(0)
  }

  /** A link has ended. @param refused why it was never open; undefined: it was. */
  ended(link: OpenLink, refused: Refused | undefined): void {
    if (this.link !== link) return
    this.link = undefined
    this.app.away()
    if (!this.#on || this.#stuck) return
    const { traits } = this
    this.#blows++
    this.#losses++
    if (this.#blows >= traits.hangsAfterBlows) {
      this.die()
      return
    }
    const opened = link.openedAt !== undefined
    // A connection that is lost at once is no success.
    const lived = opened && this.clock.now() - link.openedAt >= SUCCESS_MS
    if (lived && traits.resetsPauses) this.failures = 0
    this.#drops = opened && !lived ? this.#drops + 1 : 0
    if ((opened && !traits.reconnects) || this.#drops >= traits.quitsAfterDrops) return
    const code = refused?.code ?? 0
    if (traits.givesUp(code, this.failures)) return
    if (refused?.certificate !== undefined && !traits.retriesAfterBadCertificate(refused.certificate)) return
    // A credential that was refused is made anew, with the other key.
    if (code === 5) {
      if (traits.newToken) this.#token = undefined
      if (traits.secondKey) this.#keyAt++
    }
    this.#dialIn(this.#pause(opened, refused))
    this.failures++
    // Another task has noticed as well.
    if (traits.dialsTwice && opened) this.clock.schedule(DIAL_TWICE_MS, () => void this.#dial())
  }

  #pause(opened: boolean, refused: Refused | undefined): number {
    const { pauseAfterAlert, pauseAfterRefusal, pauseAfterDrop, dnsPauseSeconds, pause } = this.traits
    if (refused?.handshake === true && pauseAfterAlert !== undefined) return pauseAfterAlert
    if (refused?.name === true && dnsPauseSeconds !== undefined) return dnsPauseSeconds
    const ofCode = refused?.code === undefined ? undefined : pauseAfterRefusal(refused.code)
    if (ofCode !== undefined) return ofCode
    if (opened && pauseAfterDrop !== undefined) return pauseAfterDrop
    return pause(this.failures, this.options.random()) + this.#losses * this.traits.slowerSeconds
  }

  #dialIn(seconds: number): void {
    this.#timer()
    this.#timer = this.clock.schedule(seconds * 1000, () => {
      void this.#dial()
    })
  }

  async #dial(): Promise<void> {
    const { options, traits } = this
    const { host, resolve, port } = options
    const older = this.link
    // Each connection gets a token of its own: the last one may be why it ended.
    if (traits.newToken) this.#token = undefined
    const link = new Link(this)
    this.link = link
    try {
      if (this.clock.now() < this.#goneUntil) throw new Error('there is no network')
      await this.#askTime()
      if (this.#address === undefined || traits.resolvesEachTime) this.#address = await resolve(host)
    } catch {
      if (this.link === link) this.ended(link, { name: true })
      return
    }
    if (this.link !== link || !this.#on) return
    if (older !== undefined && !traits.overlaps && !traits.dialsTwice) older.drop()
    if (traits.clearPort !== undefined && this.failures >= traits.clearAfterFailures)
      link.sayInClear(this.#address, traits.clearPort)
    link.open(this.#address, traits.port(options.webSocket === true ? options.httpsPort : port))
  }

  async #askTime(): Promise<void> {
    const { askTime } = this.options
    const { asksTime } = this.traits
    if (askTime === undefined || asksTime === 'never' || (this.#hasTime && asksTime === 'start')) return
    try {
      this.app.clockAheadMs = await askTime()
      this.#hasTime = true
    } catch {
      // The time that it has must do.
    }
  }

  /** Its network is gone for so many seconds. */
  networkGone(seconds: number): void {
    this.#goneUntil = this.clock.now() + seconds * 1000
    if (this.traits.noticesNetwork) this.link?.lose()
  }

  /** The password of the next CONNECT; undefined: the certificate is shown alone. */
  password(): string | undefined {
    const { host, deviceId, keys } = this.options
    const { traits } = this
    if (keys.length === 0) return traits.passwordBesideCertificate ? traits.token(host, 'AAAA', 1) : undefined
    const now = this.clock.now() + this.app.clockAheadMs
    if (this.#token === undefined || (traits.newToken && this.#token.expiresAt <= now)) {
      const expires = Math.floor(now / 1000) + this.app.twin.tokenSeconds
      const key = keys[traits.secondKey ? this.#keyAt % keys.length : 0] ?? ''
      this.#token = {
        text: traits.token(`${host}/devices/${deviceId}`, key, expires, traits.skn),
        expiresAt: expires * 1000,
      }
    }
    return this.#token.text
  }

  /** Ms until the token of this connection is to be renewed. */
  get renewInMs(): number {
    const life = this.app.twin.tokenSeconds * 1000
    const left = (this.#token?.expiresAt ?? 0) - this.clock.now() - this.app.clockAheadMs
    return Math.max(1_000, left - life * (1 - this.traits.renewsAt))
  }
}
