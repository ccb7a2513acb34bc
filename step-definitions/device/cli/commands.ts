/** The commands of `iot-hub-conformance device`. What they do is loaded when one of them is called. */

import type { Command } from 'commander'
import type { BenchFlags } from './bench-flags.ts'
import type { InitFlags } from './init.ts'
import type { RunFlags } from './run.ts'

/** @param device the command that they are added to. @param done receives the exit code. */
export function addDeviceCommands(
  device: Command,
  say: (line: string) => void,
  done: (code: number) => void,
): void {
  const child = (name: string, about: string): Command =>
    device.command(name).description(about).copyInheritedSettings(device).allowExcessArguments(false)
  const onBench = (command: Command): Command =>
    command
      .argument('<file>', 'device file')
      .option('--address <ip>', 'address of the bench, which the device can reach', '127.0.0.1')
      .option('--host-name <name>', 'name of the hub that the device is given', 'hub.iot.test')
      .option('--mqtt-port <number>', 'port of MQTT; 0: any free port', '8883')
      .option('--https-port <number>', 'port of HTTPS and WebSocket; 0: any free port', '443')
      .option('--dns-port <number>', 'port of the DNS, for network.dns: suite', '53')
      .option('--ntp-port <number>', 'port of the time server, for network.ntp: suite', '123')
      .option('--second-address <ip>', 'address of the bench to which the name of the hub moves')
      .option('--certificates <folder>', 'folder that keeps the CA, so that a device trusts the next run too')
      .option('--key <base64>', 'key of the device. Default: a new one for each run')
  const judged = (command: Command): Command =>
    onBench(command)
      .option('--extended', 'also a long outage, intermittent network and the renewal of tokens', false)
      .option('--endurance [duration]', 'also a watch of hours; without a duration 24h')
      .option('--budget <duration>', 'leave out what would take longer, such as 30m')
      .option('--profile <name>', 'the profile that decides the exit code')
      .option('--no-person', 'nobody is there: what needs a person is left out')
      .option('--seed <number>', 'seed of what is random', '1')
      .option('--reports <folder>', 'folder of the reports', 'reports/device')
  child('init', 'ask a dozen questions and write a device file')
    .argument('[file]', 'device file', 'device.yaml')
    .option('--id <id>', 'device id')
    .option('--yes', 'ask nothing', false)
    .action(async (file: string, flags: InitFlags) => {
      await (await import('./init.ts')).initDevice(file, flags, say)
    })
  onBench(child('serve', 'start the hub, show what the device needs and what it does; until Ctrl-C')).action(
    async (file: string, flags: BenchFlags) => {
      done(await (await import('./check.ts')).serveDevice(file, flags, say))
    },
  )
  onBench(child('check', 'see whether device, name, port and triggers work'))
    .option('--no-person', 'nobody is there: triggers that need a person are left out')
    .action(async (file: string, flags: BenchFlags & { person: boolean }) => {
      done(await (await import('./check.ts')).checkDevice(file, flags, say))
    })
  judged(child('run', 'provoke the device, judge what it does and write reports'))
    .option('--quick', 'only what is quick', false)
    .option('--only <rows>', 'only these rows, separated by commas')
    .option('--phase <name>', 'only one phase')
    .action(async (file: string, flags: RunFlags) => {
      done(await (await import('./run.ts')).runDevice(file, flags, false, say))
    })
  judged(child('certify', 'run everything and write a certificate'))
    .option('--sign <key>', 'private key of a lab (Ed25519) in PEM')
    .action(async (file: string, flags: RunFlags) => {
      done(await (await import('./run.ts')).runDevice(file, flags, true, say))
    })
  child('judge', 'judge a recorded run again')
    .argument('<folder>', 'folder of its reports')
    .action(async (folder: string) => {
      done((await import('./run.ts')).judgeAgain(folder, say))
    })
  child('explain', 'what a row asks, how it is provoked, and who says so')
    .argument('[row]', 'such as DUT-TLS-06; left out: all rows')
    .action(async (id: string | undefined) => {
      ;(await import('./tell.ts')).explainRow(id, say)
    })
  child('diff', 'rows that changed between two runs, and timings that moved')
    .argument('<before>', 'folder of reports')
    .argument('<after>', 'folder of reports')
    .action(async (before: string, after: string) => {
      done((await import('./tell.ts')).diffRuns(before, after, say))
    })
  child('verify', 'check a certificate')
    .argument('<certificate>', 'device-certificate.json')
    .option('--key <file>', 'public key of the lab in PEM. Default: the key in the certificate')
    .action(async (file: string, { key }: { key?: string }) => {
      done((await import('./tell.ts')).verifyCertificate(file, key, say))
    })
}
