/** Devices that are broken in how they come back, in their tokens, and on odd networks. */

import { broken, type Variant } from './variant.ts'

/** Two hours with twenty losses show what a day shows. */
const long = { enduranceSeconds: 7_200 }
const year = 365 * 86_400

export const RETURNING: readonly Variant[] = [
  broken('D77', 'never connects again', { reconnects: false }),
  broken('D78', 'does not notice a half-closed connection', {
    halfClose: 'ignore',
    pingSeconds: Infinity,
    inFlight: 1,
  }),
  broken('D79', 'hangs on half a packet', { halfPacket: 'hang' }),
  broken('D80', 'dials at once after a connection that was lost at once', { pauseAfterDrop: 0 }),
  broken('D111', 'gives up after three connections that were lost at once', { quitsAfterDrops: 3 }),
  broken(
    'D112',
    'gives up when its WebSocket is closed',
    { givesUp: (_code, failures) => failures >= 1 },
    { file: { transport: 'mqtt-ws' } },
  ),
  broken('D81', 'relies on a session that is gone', { subscribesAgain: () => false }),
  broken('D82', 'needs a button after a loss of power', { afterPowerCycle: false }),
  broken('D83', 'keeps a socket of a network that is gone', { noticesNetwork: false, pingSeconds: Infinity }),
  broken(
    'D84',
    'loses a socket each time and is stuck after eight',
    { hangsAfterBlows: 8 },
    { kind: 'extended' },
  ),
  broken('D85', 'pauses one second, always', { pause: () => 1 }),
  broken('D86', 'pauses grow, always the same', { pause: (failures) => Math.min(60, 1.5 * 2 ** failures) }),
  broken('D87', 'never resets its pauses', { resetsPauses: false }, { alsoRuns: ['DUT-BACK-01'] }),
  broken('D88', 'does not subscribe again when the session is gone', { subscribesAgain: () => false }),
  broken('D89', 'never renews its token', { renewsAt: 2, newToken: false }),
  broken('D90', 'shows the same dead token again', { newToken: false }),
  broken('D91', 'renews only after the cut', { renewsAt: 2 }),
  broken('D92', 'loses a message at each renewal', { keepsSendingOnRenewal: false }),
  broken('D93', 'knows the primary key only', { secondKey: false }),
  broken('D94', 'has a clock that is four minutes slow, and makes tokens that live a minute', {
    slowSeconds: 240,
    asksTime: 'never',
    tokenSeconds: 60,
    renewsAt: 2,
  }),
  broken('D95', 'asks for the time once, at start', { asksTime: 'start' }),
  broken('D96', 'takes the connection back every 100 ms', { pause: () => 0.1 }),
  broken('D97', 'needs a packet in one read', { reads: 'whole' }),
  broken('D98', 'takes one packet of a read and drops the rest', { reads: 'first' }),
  broken('D99', 'gives every answer 40 seconds', { answersWithinSeconds: 40 }),
  broken('D100', 'acts on any topic', { actsOnAnyTopic: true }),
  broken(
    'D101',
    'hangs after the third blow',
    { hangsAfterBlows: 3 },
    { alsoRuns: ['DUT-RECON-01', 'DUT-RECON-02', 'DUT-RECON-04', 'DUT-RECON-05'] },
  ),
  broken('D102', 'sends its connection string as telemetry', {
    body: (fields, [key = '']) =>
      JSON.stringify({ ...fields, from: `DeviceId=thermostat-1;SharedAccessKey=${key}` }),
  }),
  broken('D103', 'makes tokens for ten years', { tokenSeconds: 10 * year }),
  broken('D104', 'signs with a policy of the hub', { skn: 'device' }),
  broken('D105', 'starts anew every hour', { restartsEverySeconds: 3_600 }, long),
  broken('D106', 'drifts by 2 % a cycle', { drift: 1.02 }, long),
  broken('D107', 'comes back slower each time', { slowerSeconds: 1 }, long),
  broken('D108', 'never notifies', { notifiesUpload: false }),
  broken('D109', 'always says isSuccess true', { claimsUploads: true }),
  broken('D110', 'gives up after 429', { retriesUpload: false }),
]
