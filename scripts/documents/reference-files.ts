/** The table of files in docs/reference.md: every file that the commands read or write, and who takes or makes it. */

/** A file, or files that belong together. */
export interface DocumentedFile {
  /** Its name, or what it is called, in Markdown. */
  readonly file: string
  /** Options (`--seed`) and arguments (`data check <dir>`) that name it, and commands that write it. */
  readonly by: readonly string[]
  readonly what: string
}

const SERVES = ['device serve <file>', 'device check <file>', 'device run <file>', 'device certify <file>']

export const FILES: readonly DocumentedFile[] = [
  {
    file: 'seed file',
    by: ['--seed'],
    what: 'the initial state of a hub, see [below](#seed-file); schema `mock-iot-hub/seed.schema.json`',
  },
  {
    file: 'snapshot',
    by: ['--seed', 'GET /snapshot', 'POST /restore'],
    what: 'the whole state of a hub in JSON, with keys; `GET /openapi.json` of the [control API](control.md) has its schema',
  },
  {
    file: 'a secret (`@FILE`)',
    by: ['--control-token', '--hub', '--dps'],
    what: 'text that is the value of the option, without blanks around it',
  },
  {
    file: 'root certificates',
    by: ['--trust-ca', '--hub-ca'],
    what: 'one or more certificates in PEM',
  },
  {
    file: '`.mock-iot-hub/`',
    by: ['--dir'],
    what: 'what hubs keep so that clients trust the next one too: the files below',
  },
  { file: '`ca.pem`', by: ['--dir'], what: 'the CA that clients must trust' },
  {
    file: '`ca-bundle.pem`',
    by: ['--dir'],
    what: 'the same CA and the roots of the system, for variables that replace the roots of a client',
  },
  {
    file: '`certificates.json`, `certificates-rsa.json`',
    by: ['--dir'],
    what: 'keys and certificates of the CA and the server, EC and RSA, in JSON; keep them secret',
  },
  { file: '`ca-cross.pem`', by: ['--dir'], what: 'the RSA CA, certified by the EC one' },
  {
    file: '`certificates.lock`',
    by: ['--dir'],
    what: 'for some milliseconds: the host and process that change the certificates',
  },
  {
    file: '`device-ca.json`, `device-ca.pem`, `device-ca.key`',
    by: ['exec'],
    what: 'a CA for certificates of devices; the first has both in JSON',
  },
  { file: '`.gitignore`', by: ['--dir'], what: 'keeps a directory that the hub has made out of git' },
  {
    file: '`workload.sock`',
    by: ['--dir'],
    what: 'Unix socket of the workload API of IoT Edge, while a hub runs and has a module',
  },
  {
    file: 'data directory: `state/`, `journal/`, `set-aside/`, `acknowledged`, `blobs/`, `certificates/`',
    by: [
      '--data',
      '--into',
      'data check <dir>',
      'data salvage <dir>',
      'data export <dir>',
      'data import <dir>',
    ],
    what:
      'the state of one hub: a database, the groups that it does not have yet, groups that a start could not use, the number of the last acknowledged group, uploads, ' +
      'and what `--dir` has; [what survives](reliability.md#what-survives)',
  },
  {
    file: 'exported data',
    by: ['data export <file>', 'data import <file>'],
    what:
      'JSON, one object a line, with keys: first `{"what":"mock-iot-hub data","format":…,"number":…,"now":…,"documents":…}`, then ' +
      '`{"kind":…,"key":…,"text":…}` (events: `base64`) for a document, and `{"file":…,"at":…,"base64":…}` for a part of a file',
  },
  {
    file: 'standard output with `--json`',
    by: ['--json'],
    what: 'JSON, one object a line: first `{"ready":true,…}` with everything about the hub, then [events](#events-with---json)',
  },
  {
    file: 'recipe of faults, record of packets ([dashboard](dashboard.md))',
    by: [],
    what: '`{"recipe":NAME,"faults":[…]}` with faults as `POST /faults` takes them; the journal as `GET /journal` gives it',
  },
  {
    file: '`results.json`',
    by: ['--reports', 'report [results]'],
    what: 'what `run` and `certify` have found; schema `iot-hub-conformance/results.schema.json`',
  },
  { file: '`messages.ndjson`', by: ['--reports'], what: 'messages of Cucumber, one JSON object a line' },
  {
    file: '`conformance.html`, `summary.md`, `junit.xml`, `badge.json`, `traceability.csv`, `traceability.md`',
    by: ['--reports'],
    what: 'the results for people, CI, a badge (shields.io), and by requirement',
  },
  {
    file: '`certificate.json`, `certificate.md`',
    by: ['certify'],
    what: 'what the client claims and has shown: an in-toto statement, and the same for people',
  },
  { file: 'known failures', by: ['--known-failing'], what: 'one a line, see [ci.md](ci.md)' },
  {
    file: 'list of scenarios',
    by: ['--scenarios'],
    what: '`features/….feature:LINE`, one a line; `results.json` has them as `at`',
  },
  {
    file: 'driver',
    by: ['--driver', '--folder', 'driver check <command>'],
    what:
      'a program, or the URL of one, that exchanges lines of JSON with the suite: [driver-authors.md](driver-authors.md), schemas ' +
      '`iot-hub-conformance/driver-schema/*.json`',
  },
  {
    file: 'device file',
    by: [...SERVES, 'device init [file]'],
    what: 'YAML: what a device claims and how it is made to act, see [devices.md](devices.md#device-file)',
  },
  {
    file: '`hub-ca.pem`, `device-cert.pem`, `device-key.pem`',
    by: ['--certificates'],
    what: 'the CA that a device must trust; its certificate and key, when it connects with one; beside the files of `--dir`',
  },
  {
    file: '`journal.ndjson`, `device.yaml`, `results.json`',
    by: ['--reports', 'device judge <folder>', 'device diff <before>', 'device diff <after>'],
    what:
      'the recording of a run, the device file and the verdicts. The recording is JSON, one object a line: a header ' +
      '(`"format":"iot-hub-device-recording/1"`), then entries with `seq`, `at` and `type`',
  },
  {
    file: '`report.html`, `junit.xml`, `summary.md`, `badge.json`',
    by: ['--reports'],
    what: 'the same for people, CI and a badge',
  },
  {
    file: '`device-certificate.json`',
    by: ['device certify', 'device verify <certificate>'],
    what: 'an in-toto statement with the verdicts, signed when there is a key',
  },
  {
    file: 'keys of a lab',
    by: ['--sign', '--key'],
    what: 'private (to sign) and public key (to verify), Ed25519 in PEM',
  },
]

/** Every file. */
export function files(): readonly (readonly string[])[] {
  return [
    ['file', 'with', 'what it is'],
    ...FILES.map(({ file, by, what }) => [file, by.map((name) => `\`${name}\``).join(', '), what]),
  ]
}
