/** Tokens are renewed, cut and refused; clocks differ. */

import type { Provocation } from '../provocation.ts'
import { Trouble, type Stage } from '../stage.ts'
import { needs, provocation } from './common.ts'
import { refusedForAMinute } from './life.ts'
import { completed, textOf } from './messages.ts'

/** The shortest life that is asked for by the trigger `tokenLife`. */
export const SHORT_TOKEN_SECONDS = 300

export const TOKEN: readonly Provocation[] = [
  provocation(
    'token.renewal',
    'token',
    ['DUT-TOK-01', 'DUT-TOK-03', 'DUT-TOK-04'],
    async (stage, steps) => {
      const from = stage.seq
      if (!(await stage.pull('tokenLife'))) throw new Trouble('the trigger tokenLife did not do its work')
      const isShort = (life: number): boolean => life <= 2 * SHORT_TOKEN_SECONDS
      const short = await stage.packet(
        stage.patience,
        (packet) => packet.cmd === 'connect' && isShort((packet.token?.se ?? Infinity) - stage.now / 1000),
        from,
      )
      if (short === undefined) return
      steps.struck()
      const ids: string[] = []
      const { does } = stage.file
      const end = stage.now + 12 * 60_000
      while (stage.now < end) {
        if (does.c2d !== undefined) ids.push(stage.sendMessage(textOf(stage)))
        await stage.pause(20)
      }
      steps.released()
      if (ids.length > 0) await completed(stage, ids, 60)
      if (does.methods?.[0] !== undefined && (await stage.connected(stage.patience)))
        await stage.invoke(does.methods[0].name, does.methods[0].payload, 30).done
    },
    {
      impossible: (file) =>
        needs.sas(file) ??
        (file.triggers.tokenLife === undefined
          ? 'the life of a token cannot be set (trigger tokenLife)'
          : undefined),
      seconds: () => 900,
    },
  ),
  provocation(
    'token.cut',
    'token',
    ['DUT-TOK-02'],
    async (stage, steps) => {
      const from = stage.seq
      const connect = stage.bench.recorder.entries.findLast(
        (entry) => entry.type === 'packet' && entry.cmd === 'connect',
      )
      const se = connect?.type === 'packet' && 'token' in connect ? connect.token.se : undefined
      if (se === undefined || stage.link === undefined)
        throw new Trouble('the device was not connected by a token')
      const beyond = se - stage.now / 1000 + 601
      if (beyond > 86_400 * 3650) throw new Trouble('the token lives too long for a clock')
      stage.clockOffset(beyond)
      if ((await stage.next('disconnected', 5, () => true, from)) !== undefined) steps.struck()
      stage.clockOffset(0)
      // The dead token is refused from now on, as it would be at its end.
      steps.released()
      await stage.back(stage.patience, from)
    },
    { impossible: needs.sas },
  ),
  provocation(
    'token.key_rotated',
    'token',
    ['DUT-TOK-05'],
    async (stage, steps) => {
      const { hub, identity } = stage.bench
      const from = stage.seq
      stage.service('keys', 'primary regenerated', {})
      hub.registry.regenerateKeys(identity, 'primaryKey')
      if ((await stage.next('disconnected', 5, () => true, from)) !== undefined) steps.struck()
      await stage.back(stage.patience, from)
      steps.released()
      restoreKeys(stage.bench)
      await stage.pause(2)
    },
    {
      impossible: ({ auth }) =>
        auth.kind === 'sas' && auth.keys === 2
          ? undefined
          : 'the device does not hold both keys (auth.keys: 2)',
    },
  ),
  provocation(
    'token.keys_bad',
    'token',
    ['DUT-TOK-06'],
    (stage, steps) =>
      refusedForAMinute(
        stage,
        steps,
        () => {
          stage.service('keys', 'both regenerated', {})
          stage.bench.hub.registry.regenerateKeys(stage.bench.identity, 'both')
        },
        () => {
          restoreKeys(stage.bench)
        },
      ),
    { impossible: needs.sas, seconds: ({ limits }) => 60 + limits.maxPauseSeconds },
  ),
]

function restoreKeys({
  hub,
  identity,
  keys: [primaryKey, secondaryKey],
}: Parameters<Provocation['run']>[0]['bench']): void {
  hub.registry.update(
    identity,
    { authentication: { type: 'sas', symmetricKey: { primaryKey, secondaryKey } } },
    '*',
  )
}

export const CLOCK: readonly Provocation[] = [
  provocation(
    'clock.skew',
    'clock',
    ['DUT-TOK-07'],
    async (stage, steps) => {
      for (const seconds of [240, -240]) {
        const from = stage.seq
        stage.clockOffset(seconds)
        // A clock that moves may have ended the link already.
        stage.drop()
        steps.struck()
        await stage.back(stage.patience, from)
      }
      stage.clockOffset(0)
      steps.released()
      await stage.connected(stage.patience)
    },
    { impossible: needs.sas },
  ),
  provocation(
    'clock.wrong',
    'clock',
    ['DUT-TOK-08'],
    (stage, steps) =>
      refusedForAMinute(
        stage,
        steps,
        () => {
          // The time server of the suite tells the time of the hub: whoever asks again is not locked out.
          timeOf(stage, 2 * 3_600)
          stage.drop()
        },
        () => {
          timeOf(stage, 0)
        },
      ),
    { impossible: needs.sas },
  ),
]

function timeOf(stage: Stage, seconds: number): void {
  stage.clockOffset(seconds)
  if (stage.bench.ntp !== undefined) stage.bench.ntp.offsetSeconds = seconds
}
