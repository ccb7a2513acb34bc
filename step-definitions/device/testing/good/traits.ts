/**
 * What a device does, point by point. The good device does all of it as the documents say; a broken one is the good one with one
 * point changed.
 */

import type { ConnectionOptions } from 'node:tls'
import { sign } from './token.ts'

export interface Traits {
  // The network.
  readonly port: (port: number) => number
  /** Tries this port in clear first. */
  readonly clearPort: number | undefined
  /** Failures in a row after which it does. */
  readonly clearAfterFailures: number
  readonly resolvesEachTime: boolean
  /** Seconds between two questions for a name that does not resolve; undefined: the usual pause. */
  readonly dnsPauseSeconds: number | undefined
  readonly handshakeSeconds: number
  readonly serverName: (host: string) => string
  readonly tls: ConnectionOptions
  /** What it changes of that after a failure. */
  readonly tlsAfterFailure: ConnectionOptions
  /** Breaks the handshake off as soon as it has begun. */
  readonly breaksHandshake: boolean
  /**
   * An error of the certificate, such as `CERT_HAS_EXPIRED`, that it does not care for.
   * @param connections connections before. @param failures attempts that failed in a row.
   */
  readonly overlooks: (code: string, connections: number, failures: number) => boolean
  readonly pinsLeaf: boolean
  readonly retriesAfterBadCertificate: (code: string) => boolean
  /** Bytes that it has room for until the handshake is complete. */
  readonly largestHandshakeBytes: number
  /** Pause in seconds after a handshake that failed; undefined: the usual one. */
  readonly pauseAfterAlert: number | undefined

  /** When it asks for the time, if it has a server to ask. */
  readonly asksTime: 'always' | 'start' | 'never'
  /** Drops its connection when its network is gone. */
  readonly noticesNetwork: boolean

  // Hours.
  readonly restartsEverySeconds: number
  /** Factor by which the pace of telemetry grows with each message. */
  readonly drift: number
  /** Seconds by which the pause grows with each loss. */
  readonly slowerSeconds: number

  // Upload.
  readonly retriesUpload: boolean
  readonly notifiesUpload: boolean
  /** Says that each upload went well. */
  readonly claimsUploads: boolean
  readonly uploadCorrelation: (id: string) => string

  // CONNECT.
  readonly protocol: { readonly name: string; readonly level: number }
  readonly clientId: (id: string) => string
  readonly username: (host: string, id: string) => string
  readonly token: typeof sign
  readonly tokenSeconds: number
  /** Seconds by which its clock is behind. */
  readonly slowSeconds: number
  readonly skn: string | undefined
  /** Makes a new token for each connection. */
  readonly newToken: boolean
  /** Share of the life of a token after which it is renewed; above 1: never. */
  readonly renewsAt: number
  readonly keepsSendingOnRenewal: boolean
  readonly passwordBesideCertificate: boolean
  readonly keepAlive: number
  /** @param failures attempts that failed in a row. */
  readonly clean: (failures: number) => boolean
  readonly will: string | undefined
  readonly willQos: number
  readonly overlaps: boolean
  readonly connackSeconds: number
  /** Seconds after which it sends CONNECT again, on the same connection. */
  readonly repeatsConnectSeconds: number
  readonly givesUp: (connack: number, failures: number) => boolean
  readonly secondKey: boolean

  // Pauses.
  /** Seconds before an attempt. @param failures attempts that failed in a row, from 0. @param random 0 to 1. */
  readonly pause: (failures: number, random: number) => number
  readonly resetsPauses: boolean
  /** Undefined: the usual pause. */
  readonly pauseAfterRefusal: (code: number) => number | undefined
  readonly pauseAfterDrop: number | undefined
  /** Comes back after a loss at all. */
  readonly reconnects: boolean
  /** Gives up after so many connections in a row that were accepted and lost at once. */
  readonly quitsAfterDrops: number
  readonly afterPowerCycle: boolean
  readonly survivesReset: boolean
  /** Two of its tasks dial after a loss. */
  readonly dialsTwice: boolean

  // Packets.
  /** @param connections connections before. */
  readonly subscriptions: (own: readonly string[], connections: number) => readonly string[]
  readonly subscribeQos: number
  /** Of the fixed header. */
  readonly subscribeFlags: number
  readonly subscribesAgain: (present: boolean) => boolean
  readonly waitsForSuback: boolean
  readonly subackSeconds: number
  readonly packetId: (next: number) => number
  readonly dupAtFirst: boolean
  readonly qos: number
  readonly acknowledges: 'once' | 'never' | 'reverse' | 'first'
  readonly pubackId: (id: number) => number
  /** @param connections accepted so far. */
  readonly pubacks: (connections: number) => number
  /** Keep-alives after which it pings when it has sent nothing. */
  readonly pingsAfter: number
  readonly pingSeconds: number
  readonly pingsWhen: 'quiet' | 'unheard'
  /** Stops when it is told to. */
  readonly stops: boolean
  /** What it does about a packet that cannot be read. */
  readonly malformed: 'close' | 'hang' | 'ignore'
  readonly halfClose: 'close' | 'ignore'
  readonly halfPacket: 'close' | 'hang'
  /** Cuts a read into packets. */
  readonly reads: 'all' | 'first' | 'whole'
  readonly largestPacket: number
  /** Bytes above which it skips a packet. */
  readonly discardsAbove: number
  readonly closesAfterDisconnect: boolean
  readonly answersWithinSeconds: number | undefined
  readonly hangsAfterBlows: number

  // Messages.
  /** @param connections accepted so far. */
  readonly sendsTelemetry: (connections: number) => boolean
  /** How often it sends each message. */
  readonly copies: number
  readonly telemetryTopic: (own: string) => string
  readonly topicEncoding: BufferEncoding
  readonly properties: string
  readonly body: (fields: Readonly<Record<string, unknown>>, keys: readonly string[]) => string
  /** 'plain': with the same id and without DUP. */
  readonly resends: 'dup' | 'plain' | 'new' | 'never'
  readonly buffersWhileAway: boolean
  readonly inFlight: number
  readonly extraTopic: string | undefined
  readonly listensToMessages: boolean
  readonly acts: boolean
  readonly actsOnAnyTopic: boolean
  readonly dropsBeforeSubscribe: boolean
  readonly dislikes: ((topic: string, body: Buffer) => boolean) | undefined

  // Twin.
  readonly twinSubscribesFirst: boolean
  readonly takesDesired: boolean
  readonly readsTwin: 'always' | 'first' | 'new session' | 'never'
  /** Subscribes to desired properties when it has read the document. */
  readonly listensAfterRead: boolean
  readonly checksVersion: boolean
  readonly survivesNull: boolean
  readonly firstReport: (keys: readonly string[]) => Readonly<Record<string, unknown>>
  readonly reportedBody: (patch: Readonly<Record<string, unknown>>) => string
  /** Seconds between two reports of what has not changed. */
  readonly reportsEverySeconds: number
  /** Reports the desired properties as they are. */
  readonly reportsDesired: boolean
  readonly retriesPatch: boolean
  readonly patchPauseSeconds: number
  readonly twinSeconds: number
  readonly rid: (next: number) => string
  readonly largestJson: number

  // Methods.
  readonly methodRid: (rid: string) => string
  readonly methodPayload: (payload: unknown) => unknown
  /** Undefined: no answer. */
  readonly unknownStatus: number | undefined
  readonly survivesNoPayload: boolean
  readonly answersAll: boolean
  /** @param connections accepted so far. */
  readonly methodAnswers: (connections: number) => number
  readonly answerQos: number
  /** Sends its last answer again on each connection. */
  readonly repeatsAnswer: boolean
  readonly methodsAfterReconnect: boolean
  readonly methodSeconds: number
}

const isNone = (): boolean => false

export const GOOD: Traits = {
  port: (port) => port,
  clearPort: undefined,
  clearAfterFailures: 0,
  resolvesEachTime: true,
  dnsPauseSeconds: undefined,
  handshakeSeconds: 20,
  serverName: (host) => host,
  tls: {
    minVersion: 'TLSv1.2',
    ciphers:
      'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384',
  },
  tlsAfterFailure: {},
  breaksHandshake: false,
  overlooks: isNone,
  pinsLeaf: false,
  retriesAfterBadCertificate: () => true,
  largestHandshakeBytes: Infinity,
  pauseAfterAlert: undefined,
  asksTime: 'always',
  noticesNetwork: true,

  restartsEverySeconds: Infinity,
  drift: 1,
  slowerSeconds: 0,

  retriesUpload: true,
  notifiesUpload: true,
  claimsUploads: false,
  uploadCorrelation: (id) => id,

  protocol: { name: 'MQTT', level: 4 },
  clientId: (id) => id,
  username: (host, id) => `${host}/${id}/?api-version=2021-04-12&DeviceClientType=good-device%2F1.0`,
  token: sign,
  tokenSeconds: 3_600,
  slowSeconds: 0,
  skn: undefined,
  newToken: true,
  renewsAt: 0.8,
  keepsSendingOnRenewal: true,
  passwordBesideCertificate: false,
  keepAlive: 30,
  clean: () => false,
  will: undefined,
  willQos: 0,
  overlaps: false,
  connackSeconds: 20,
  repeatsConnectSeconds: Infinity,
  givesUp: isNone,
  secondKey: true,

  pause: (failures, random) => Math.min(60, 1.5 * 2 ** failures) * (0.75 + random / 2),
  resetsPauses: true,
  pauseAfterRefusal: () => undefined,
  pauseAfterDrop: undefined,
  reconnects: true,
  quitsAfterDrops: Infinity,
  afterPowerCycle: true,
  survivesReset: true,
  dialsTwice: false,

  subscriptions: (own) => own,
  subscribeQos: 1,
  subscribeFlags: 2,
  subscribesAgain: (present) => !present,
  waitsForSuback: true,
  subackSeconds: 15,
  packetId: (next) => next,
  dupAtFirst: false,
  qos: 1,
  acknowledges: 'once',
  pubackId: (id) => id,
  pubacks: () => 1,
  pingsAfter: 0.9,
  pingSeconds: 10,
  pingsWhen: 'quiet',
  stops: true,
  malformed: 'close',
  halfClose: 'close',
  halfPacket: 'close',
  reads: 'all',
  largestPacket: Infinity,
  discardsAbove: Infinity,
  closesAfterDisconnect: true,
  answersWithinSeconds: undefined,
  hangsAfterBlows: Infinity,

  sendsTelemetry: () => true,
  copies: 1,
  telemetryTopic: (own) => own,
  topicEncoding: 'utf8',
  properties: '$.ct=application%2Fjson&$.ce=utf-8&room=first%20floor',
  body: (fields) => JSON.stringify(fields),
  resends: 'dup',
  buffersWhileAway: true,
  inFlight: 20,
  extraTopic: undefined,
  listensToMessages: true,
  acts: true,
  actsOnAnyTopic: false,
  dropsBeforeSubscribe: false,
  dislikes: undefined,

  twinSubscribesFirst: true,
  takesDesired: true,
  readsTwin: 'always',
  listensAfterRead: false,
  checksVersion: true,
  survivesNull: true,
  firstReport: () => ({ firmware: '1.0', started: true }),
  reportedBody: (patch) => JSON.stringify(patch),
  reportsEverySeconds: Infinity,
  reportsDesired: false,
  retriesPatch: true,
  patchPauseSeconds: 3,
  twinSeconds: 20,
  rid: (next) => next.toString(16),
  largestJson: Infinity,

  methodRid: (rid) => rid,
  methodPayload: (payload) => payload,
  unknownStatus: 404,
  survivesNoPayload: true,
  answersAll: true,
  methodAnswers: () => 1,
  answerQos: 0,
  repeatsAnswer: false,
  methodsAfterReconnect: true,
  methodSeconds: 0,
}
