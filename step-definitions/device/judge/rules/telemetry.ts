/** Rules about telemetry, about secrets, and about what the device says of itself. */

import { atPath, comesBack, during, jsonOf, missing, rule, type Rule } from '../helpers.ts'
import { secondsBetween, type Link, type Publish, type View } from '../view.ts'
import { isAcknowledged } from './disturbed.ts'
import { citing, fail, inconclusive, notObserved, pass, warn, worst, type Judgement } from '../words.ts'

const LARGEST = 262_144
const LARGE = 65_536
/** System properties over MQTT. */
const KNOWN = new Set(
  [
    'mid',
    'cid',
    'uid',
    'to',
    'ct',
    'ce',
    'exp',
    'on',
    'ifid',
    'sub',
    'schema',
    'diagid',
    'diagctx',
    '.sub',
    'ctime',
    'tcf',
    'source',
  ].map((name) => `$.${name}`),
)

/** What a query may hold as it is (RFC 3986). */
const ENCODED = /^[A-Za-z0-9\-._~!$&'()*,;=:@/?%]*$/

function unclaimed(view: View): Judgement | undefined {
  return view.file.does.telemetry === undefined && view.telemetry().length === 0
    ? notObserved('the device does not claim telemetry')
    : undefined
}

function bagOf({ topic }: Publish): string {
  return topic.slice(topic.indexOf('/messages/events') + '/messages/events'.length).replace(/^\//, '')
}

function propertiesOf(message: Publish): ReadonlyMap<string, string> {
  return new Map(
    bagOf(message)
      .split('&')
      .filter((part) => part !== '')
      .map((part) => {
        const [name = '', value = ''] = part.split('=')
        return [decoded(name) ?? name, decoded(value) ?? value] as const
      }),
  )
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function sameNumber(one: Publish, other: Publish, path: string): boolean {
  const value = atPath(jsonOf(one.text), path)
  return value !== undefined && value === atPath(jsonOf(other.text), path)
}

/** Telemetry that came on the first connection and on none after it, though they lived for several times its pace. */
function silentAfterReturn(view: View, everySeconds: number | undefined): Judgement | undefined {
  if (everySeconds === undefined) return undefined
  const has = ({ packets }: Link): boolean => view.telemetry(packets).length > 0
  const [first, ...later] = view.links.filter(({ connected }) => connected !== undefined)
  const long = later.filter(({ connected, closed }) => {
    const seconds = connected === undefined || closed === undefined ? 0 : secondsBetween(connected, closed)
    return seconds >= FEWEST_PACES * everySeconds
  })
  if (first === undefined || !has(first) || long.length < 2 || later.some(has)) return undefined
  return fail(
    'no telemetry came after the first connection',
    citing(
      first.connected,
      long.flatMap(({ connected, closed }) => [connected, closed]),
    ),
  )
}

const FEWEST_PACES = 4

export const TELEMETRY: readonly Rule[] = [
  rule('DUT-D2C-01', (view) => {
    const claim = view.file.does.telemetry
    if (claim === undefined) return notObserved('the device does not claim telemetry')
    const silent = silentAfterReturn(view, claim.everySeconds)
    if (silent !== undefined) return silent
    return during(view, 'start', (window) => {
      const messages = view.telemetry(window.entries)
      const taken =
        claim.qos === 0
          ? messages
          : messages.filter((message) => message.qos === 0 || isAcknowledged(view, message))
      const [first] = taken
      const connected = view.of('connected', window.entries)[0]
      if (connected === undefined)
        return inconclusive('the device did not connect', citing(window.struck, window.over))
      if (first === undefined) {
        const { over } = window
        const waited = over === undefined ? 0 : secondsBetween(connected, over)
        // Telemetry that is slower than the watch shows later.
        const later = view.telemetry()[0]
        if (later !== undefined)
          return warn('the first telemetry came after the watch', citing(connected, later))
        return waited >= 2 * (claim.everySeconds ?? 30) || waited >= view.file.limits.patienceSeconds
          ? fail(`no telemetry within ${waited.toFixed(0)} s`, citing(connected, over))
          : inconclusive('the watch was too short', citing(connected, over))
      }
      const path = claim.sequence
      const twice =
        path === undefined
          ? undefined
          : taken.find((one, at) =>
              taken
                .slice(0, at)
                .some((before) => !one.dup && before.link === one.link && sameNumber(before, one, path)),
            )
      if (twice !== undefined) return warn('a message was sent twice', citing(connected, twice))
      if (claim.everySeconds === undefined || view.file.triggers.sendNow !== undefined)
        return pass(`${String(taken.length)} messages were taken`, citing(connected, taken))
      const waited = secondsBetween(connected, window.over ?? first)
      const expected = Math.floor(waited / claim.everySeconds)
      return taken.length + 1 < expected
        ? warn(`${String(taken.length)} messages instead of ${String(expected)}`, citing(connected, taken))
        : pass(`${String(taken.length)} messages at the declared pace`, citing(connected, taken))
    })
  }),
  rule('DUT-D2C-02', (view) => {
    const messages = view.telemetry()
    if (messages.length === 0) return unclaimed(view) ?? notObserved('no telemetry was seen')
    const declared = Object.entries(view.file.does.telemetry?.properties ?? {})
    const bad = messages.flatMap((message) => {
      const bag = bagOf(message)
      if (decoded(bag) === undefined)
        return [fail(`properties that cannot be decoded: ${bag}`, citing(message))]
      if (bag.includes('+'))
        return [fail(`a plus sign in the properties, which stands for no space: ${bag}`, citing(message))]
      const wrong = declared.find(([name, value]) => propertiesOf(message).get(name) !== value)
      if (wrong !== undefined) {
        const [name, value] = wrong
        const shown = propertiesOf(message).get(name)
        const what = shown === undefined ? 'is not there' : `is ${shown}, not ${value}`
        return [fail(`the declared property ${name} ${what}`, citing(message))]
      }
      if (!ENCODED.test(bag))
        return [warn(`properties that are not percent-encoded: ${bag}`, citing(message))]
      const unknown = [...propertiesOf(message).keys()].find(
        (name) => name.startsWith('$.') && !KNOWN.has(name),
      )
      return unknown === undefined ? [] : [warn(`unknown system property ${unknown}`, citing(message))]
    })
    return bad.length > 0 ? worst(bad) : pass('properties are percent-encoded', citing(messages))
  }),
  rule('DUT-D2C-03', (view) => {
    const messages = view.telemetry()
    const json = messages.filter(({ text }) => typeof jsonOf(text) === 'object' && jsonOf(text) !== null)
    const broken = messages.find(
      (message) =>
        jsonOf(message.text) === undefined &&
        (view.file.does.telemetry?.json === true ||
          propertiesOf(message).get('$.ct') === 'application/json') &&
        message.text !== undefined,
    )
    if (broken !== undefined) return warn('a body that is said to be JSON is none', citing(broken))
    if (json.length === 0) return unclaimed(view) ?? notObserved('no JSON was sent')
    const bad = json.find((message) => {
      const properties = propertiesOf(message)
      return (
        properties.get('$.ct') !== 'application/json' || properties.get('$.ce')?.toLowerCase() !== 'utf-8'
      )
    })
    return bad === undefined
      ? pass('application/json and utf-8', citing(json))
      : warn('JSON without content type and encoding: routing on bodies does not work', citing(bad))
  }),
  rule('DUT-D2C-04', (view) => {
    const messages = view.telemetry()
    const refused = view
      .of('refusal')
      .find(
        ({ received, rule: at }) =>
          at === 'WIRE-SESS-23' || /larger than|payload of \d+ bytes|too large/i.test(received),
      )
    if (refused !== undefined) return fail(`a message was too large: ${refused.received}`, citing(refused))
    if (messages.length === 0) return unclaimed(view) ?? notObserved('no telemetry was seen')
    const largest = messages.reduce((a, b) => (b.bytes > a.bytes ? b : a))
    const why = `the largest message has ${String(largest.bytes)} bytes`
    if (largest.bytes > LARGEST) return fail(why, citing(largest))
    return largest.bytes > LARGE ? warn(why, citing(largest)) : pass(why, citing(messages))
  }),
  rule('DUT-D2C-05', (view) =>
    during(view, 'puback.withheld', (window) => {
      const fired = view
        .of('fault', window.entries)
        .find(({ name, phase }) => name === 'mqtt.puback.withhold' && phase === 'fired')
      const sent =
        fired && view.telemetry(window.entries).findLast(({ seq, qos }) => seq < fired.seq && qos === 1)
      if (fired === undefined || sent === undefined)
        return inconclusive('no message was left unacknowledged', citing(window.struck))
      const copies = view.telemetry().filter(({ hash, topic }) => hash === sent.hash && topic === sent.topic)
      const later = copies.filter(({ seq }) => seq > fired.seq)
      const again = later.find(({ dup, id }) => dup && id === sent.id) ?? later[0]
      if (again?.dup !== true && copies.some(({ seq }) => seq < sent.seq))
        return notObserved(
          'its messages are all alike: a number in them would tell a repetition from a new one',
        )
      if (again === undefined) {
        const back = window.struck && comesBack(view, window, window.struck)
        return back === undefined
          ? inconclusive('the device did not come back', citing(fired, sent))
          : fail(
              'a message that was never acknowledged did not come again',
              citing(sent, fired, back.link.connected),
            )
      }
      if (again.link === sent.link) return warn('sent again on the same link', citing(sent, fired, again))
      return again.dup && again.id === sent.id
        ? pass('sent again with DUP and the same packet id', citing(sent, fired, again))
        : warn('sent again as a new message', citing(sent, fired, again))
    }),
  ),
  rule('DUT-D2C-06', (view) =>
    during(view, 'loss.minute', (window) => {
      const path = view.file.does.telemetry?.sequence ?? '$'
      const numbered = view.telemetry().flatMap((message) => {
        const value = atPath(jsonOf(message.text), path)
        return typeof value === 'number' ? [{ message, value }] : []
      })
      const before = numbered.findLast(({ message }) => message.seq < (window.struck?.seq ?? 0))
      const after = numbered.filter(
        ({ message }) =>
          message.seq > (window.released?.seq ?? Infinity) && message.seq <= (window.over?.seq ?? Infinity),
      )
      if (before === undefined || after.length === 0) {
        const back = window.struck && comesBack(view, window, window.struck)
        return back === undefined
          ? missing(view, window, 'no telemetry came afterwards')
          : inconclusive('no numbered telemetry around the loss', citing(window.struck))
      }
      const seen = new Set(
        numbered
          .filter(({ message }) => message.seq <= (window.over?.seq ?? Infinity))
          .map(({ value }) => value),
      )
      const last = Math.max(...after.map(({ value }) => value))
      const lost: number[] = []
      for (let value = before.value + 1; value <= last; value++) if (!seen.has(value)) lost.push(value)
      const cites = citing(
        before.message,
        window.struck,
        after.map(({ message }) => message),
      )
      if (lost.length === 0) return pass('everything that was measured arrived', cites)
      const { keeps } = view.file.limits
      const arrived = last - before.value - lost.length
      const oldest = lost.every((value, at) => value === before.value + 1 + at)
      return keeps !== undefined && oldest && arrived >= keeps
        ? warn(
            `the oldest ${String(lost.length)} are missing; the device says that it keeps ${String(keeps)}`,
            cites,
          )
        : fail(`${String(lost.length)} measurements are missing, such as ${String(lost[0])}`, cites)
    }),
  ),
  rule('DUT-D2C-07', (view) =>
    during(view, 'puback.slow', (window) => {
      const { struck, released } = window
      let open = 0
      let most = 0
      for (const packet of view.packets(window.entries)) {
        if (packet.cmd === 'publish' && packet.way === 'in' && packet.qos === 1) most = Math.max(most, ++open)
        if (packet.cmd === 'puback' && packet.way === 'out') open = Math.max(0, open - 1)
        if (packet.cmd === 'connect') open = 0
      }
      const sent = view.telemetry(window.entries).filter(({ qos }) => qos === 1)
      const cites = citing(struck, sent)
      const figures = { inFlight: most }
      if (sent.length === 0) return inconclusive('no telemetry was sent', citing(struck))
      if (most > view.file.limits.inFlight)
        return fail(`${String(most)} messages in flight at once`, cites, figures)
      const gone = view
        .of('disconnected', window.entries)
        .find(({ seq }) => seq < (released?.seq ?? Infinity))
      return gone === undefined
        ? pass(`at most ${String(most)} in flight`, cites, figures)
        : warn('the device broke the connection', citing(cites, gone), figures)
    }),
  ),
]

export const SECRETS: readonly Rule[] = [
  rule('DUT-SEC-01', (view) => {
    const found = view.of('secret')
    const [first] = found
    if (first !== undefined) return fail(`${first.what} was sent in a ${first.where}`, citing(found))
    const sent = view.packets().filter(({ way }) => way === 'in')
    return sent.length === 0
      ? notObserved('the device sent nothing')
      : pass('no key and no token outside the password field', citing(sent))
  }),
  rule('DUT-SEC-02', (view) =>
    tokens(view, 'tokens live hours', (life, seq) => {
      const { tokenLifeSeconds, tokenLifeFailSeconds } = view.numbers
      // A token may be made a moment before it is shown, and clocks differ a little.
      if (life > tokenLifeFailSeconds + 600)
        return fail(`a token lives ${(life / 86_400).toFixed(0)} days`, [seq])
      return life > tokenLifeSeconds + 600
        ? warn(`a token lives ${(life / 86_400).toFixed(1)} days`, [seq])
        : undefined
    }),
  ),
  rule('DUT-SEC-03', (view) =>
    tokens(view, 'signed with a key of its own', (_life, seq, skn) =>
      skn === undefined ? undefined : warn(`signed by the policy ${skn} of the hub`, [seq]),
    ),
  ),
  rule('DUT-SEC-04', (view) => {
    const named = view.connects().find(({ username }) => /DeviceClientType=|model-id=/.test(username))
    if (named !== undefined) return pass('the user name says what it is', citing(named))
    const reported = view
      .publishes()
      .find(
        ({ topic, text }) =>
          topic.startsWith('$iothub/twin/PATCH') && /version|firmware|model/i.test(text ?? ''),
      )
    if (reported !== undefined) return pass('reported properties say what it is', citing(reported))
    return view.connects().length === 0
      ? notObserved('no CONNECT was read')
      : warn('no version can be read anywhere', citing(view.connects()))
  }),
]

function tokens(
  view: View,
  good: string,
  judge: (life: number, seq: number, skn: string | undefined) => Judgement | undefined,
): Judgement {
  if (view.file.auth.kind !== 'sas') return notObserved('the device has a certificate, no key')
  const shown = view.connects().filter(({ token }) => token?.se !== undefined)
  if (shown.length === 0) return notObserved('no token was read')
  const bad = shown.flatMap(
    ({ token, seq, at }) => judge((token?.se ?? 0) - at / 1000, seq, token?.skn) ?? [],
  )
  return bad.length > 0 ? worst(bad) : pass(good, citing(shown))
}
