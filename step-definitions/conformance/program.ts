/** The commands of `iot-hub-conformance`. */

import { Command, CommanderError } from 'commander'
import { checkDriver } from './check-driver.ts'
import { EXIT } from './exit-code.ts'
import { list } from './list.ts'
import { PROFILES } from './profiles.ts'
import { render } from './render.ts'
import { runSuite, type SuiteFlags } from './run-suite.ts'
import { UsageError } from './usage-error.ts'

type Terminal = Pick<NodeJS.Process, 'stdout' | 'stderr'>

const LOOPBACK = '127.0.0.1'
const ADDRESS = 'where the suite listens, and what a driver on another machine is told to dial'

/** @returns the exit code: 0 conformant, 1 failed, 2 wrong call, 3 cannot judge, 4 stale list, 5 too little ran. */
export async function conformance(args: readonly string[], terminal: Terminal): Promise<number> {
  terminal.stdout.on('error', () => undefined)
  let code = 0
  const done = (result: number): void => {
    code = result
  }
  try {
    await program(terminal, done).parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage
    terminal.stderr.write(`iot-hub-conformance: ${error instanceof Error ? error.message : String(error)}\n`)
    return error instanceof UsageError || error instanceof RangeError ? EXIT.usage : EXIT.cannotJudge
  }
}

function program(terminal: Terminal, done: (code: number) => void): Command {
  const say = (line: string): void => {
    terminal.stdout.write(`${line}\n`)
  }
  const program = new Command('iot-hub-conformance')
    .description('Judges Azure IoT Hub clients and hubs by what is documented of them.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    })
    .showHelpAfterError('(iot-hub-conformance --help lists what there is)')
  const child = (name: string, about: string): Command =>
    program.command(name).description(about).copyInheritedSettings(program).allowExcessArguments(false)

  const judged = (command: Command): Command =>
    command
      .option(
        '--driver <command>',
        'the client under test: a program that speaks the driver protocol, or its URL',
      )
      .option('--address <ip>', ADDRESS, LOOPBACK)
      .option('--profile <name>', `only what this one asks for: ${Object.keys(PROFILES).join(', ')}`)
      .option('--reports <folder>', 'where reports go', 'reports')
      .option('--known-failing <file>', 'failures that are known; fails when one passes')
      .option('--order <order>', 'defined, random, or random:SEED', 'defined')
      .option('--transport <name>', 'mqtt or mqtt-ws', 'mqtt')
      .option('--hub <connection string>', 'judges this hub, by a service connection string with all rights')
      .option('--hub-address <host>', 'where it is dialled, when not at its name')
      .option('--hub-ports <mqtt,https>', 'its ports', '8883,443')
      .option('--hub-ca <file>', 'root of its certificate in PEM, when the system does not trust it')
      .option('--hub-control <url>', 'its control listener: time and messages, as docs/control.md has them')
  judged(child('run', 'runs scenarios and reports'))
    .option('--tags <expression>', 'only some: such a run certifies nothing')
    .option('--requirement <id...>', 'only these requirements')
    .option('--sut <which>', 'client, hub or all', 'all')
    .option('--json', 'the totals as one JSON line at the end', false)
    .action(async (flags: SuiteFlags) => {
      done(await runSuite({ ...flags, mode: 'run' }, say))
    })
  judged(child('certify', 'runs everything that is claimed and writes a certificate'))
    .option('--json', 'the totals as one JSON line at the end', false)
    .action(async (flags: SuiteFlags) => {
      done(
        await runSuite({ ...flags, sut: flags.hub === undefined ? 'client' : 'hub', mode: 'certify' }, say),
      )
    })
  child('list', 'lists requirements and their scenarios')
    .option('--json', 'as JSON', false)
    .option('--area <name>', 'of one area')
    .action((flags: { json: boolean; area?: string }) => {
      list(flags, say)
    })
  const driver = child('driver', 'for authors of drivers')
  driver
    .command('check')
    .description('starts a driver, holds what it says against the protocol, and makes ten calls')
    .argument('<command...>', 'after --: a program and its arguments, or a URL')
    .option('--address <ip>', ADDRESS, LOOPBACK)
    .action(async (command: string[], { address }: { address: string }) => {
      done(await checkDriver(command, address, say))
    })
  child('report', 'writes the reports again from results.json')
    .argument('[results]', 'the file', 'reports/results.json')
    .action((file: string) => {
      render(file, say)
    })
  return program
}
