/** Devices that are broken in what they do with messages, twins and methods. */

import { broken, type Variant } from './variant.ts'

const never = Infinity

export const RECEIVING: readonly Variant[] = [
  broken('D53', 'never listens to messages', { listensToMessages: false }),
  broken('D54', 'acknowledges and does nothing', { acts: false }),
  broken('D55', 'dies of a property without =', {
    dislikes: (topic) => /&prop1(&|$)/.test(topic) || /\/prop1(&|$)/.test(topic),
  }),
  broken('D56', 'throws away what comes before its SUBSCRIBE', {
    dropsBeforeSubscribe: true,
    subscribesAgain: () => true,
  }),
  broken('D57', 'does not acknowledge a repetition', { acknowledges: 'first' }),
  broken('D58', 'dies of control characters', {
    dislikes: (topic, body) => topic.includes('devicebound') && body.includes(1),
  }),
  broken('D59', 'asks before it has subscribed to answers', { twinSubscribesFirst: false }),
  broken('D60', 'does not care for desired properties', { takesDesired: false, readsTwin: 'never' }),
  broken(
    'D61',
    'does not read the twin on reconnection',
    { readsTwin: 'first' },
    { alsoRuns: ['DUT-RECON-01', 'DUT-RECON-02', 'DUT-RECON-04', 'DUT-RECON-05'], kind: 'standard' },
  ),
  broken('D62', 'takes notifications only', { readsTwin: 'never' }),
  broken('D63', 'takes an older version', { checksVersion: false }),
  broken('D64', 'dies of null', { survivesNull: false }),
  broken('D65', 'reports keys with $', { firstReport: () => ({ $firmware: '1.0', started: true }) }),
  broken('D66', 'never repeats a failed patch', { retriesPatch: false }, { warns: ['DUT-TWIN-08'] }),
  broken('D67', 'waits for an answer for ever', { twinSeconds: never }),
  broken('D68', 'uses one $rid for two requests at once', { rid: () => '1' }, { warns: ['DUT-TWIN-10'] }),
  broken('D69', 'has 8 KB for JSON', { largestJson: 8_192 }),
  broken('D70', 'answers with a $rid of its own', { methodRid: () => '77' }),
  broken('D71', 'answers 200 with another payload', { methodPayload: () => ({ led: 'purple' }) }),
  broken('D72', 'does not answer unknown methods', { unknownStatus: undefined }),
  broken('D73', 'dies of a missing payload', { survivesNoPayload: false }),
  broken('D74', 'answers the last of several calls only', { answersAll: false }),
  broken('D75', 'answers twice', { methodAnswers: () => 2 }),
  broken('D76', 'does not listen to methods after a reconnection', {
    methodsAfterReconnect: false,
    clean: () => true,
  }),
]
