/** The commands of `mock-iot-hub`. Exit codes: 0 success, 1 failure, 2 wrong command line. */

import { Command, CommanderError, Option } from 'commander'
import { withoutSecrets } from '../base/secrets.ts'
import { edgeEnvironment } from './commands/edge-env.ts'
import { exec, type ExecFlags } from './commands/exec.ts'
import { MESSAGE_SOURCES } from '../core/contract/message.ts'
import { secret } from './flag-values.ts'
import { OPTIONS } from '../host/option-rules.ts'
import { addHubFlags, DEFAULT_DIRECTORY, environmentName, type Flags } from './flags.ts'
import { packageVersion } from './package-version.ts'
import type { ControlFlags } from './running-hub.ts'
import { addDataCommands } from './commands/data.ts'
import { doctor, type DoctorFlags } from './commands/doctor.ts'
import { expireToken } from './commands/expire-token.ts'
import { printFaultTypes } from './commands/faults.ts'
import { serve } from './commands/serve.ts'
import { IsolationError } from './isolation.ts'
import { PortError } from './start-hub.ts'
import { printTail, type TailFlags } from './commands/tail-command.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'

const USAGE = 2
const FAILURE = 1

/** Runs a command to its end. @returns the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  // A closed pipe (`| head`) only ends the output.
  terminal.stdout.on('error', () => undefined)
  let code = 0
  const done = (result: number): void => {
    code = result
  }
  try {
    await program(terminal, done, args).parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE
    const text = error instanceof Error ? error.message : String(error)
    terminal.stderr.write(`mock-iot-hub: ${withoutSecrets(text)}\n`)
    if (error instanceof UsageError || error instanceof TypeError || error instanceof RangeError) return USAGE
    if (
      !(error instanceof PortError || error instanceof IsolationError) &&
      error instanceof Error &&
      terminal.env['MOCK_IOT_HUB_DEBUG'] !== undefined
    )
      terminal.stderr.write(`${withoutSecrets(error.stack ?? '')}\n`)
    return FAILURE
  }
}

/**
 * The commands with their options; the documentation lists them.
 *
 * @param done receives the exit code.
 * @param line the arguments as given.
 */
export function program(
  terminal: Terminal,
  done: (code: number) => void,
  line: readonly string[] = [],
): Command {
  const program = new Command('mock-iot-hub')
    .description('A mock Azure IoT Hub that unmodified SDKs connect to.')
    .usage('[options]          starts a hub\n       mock-iot-hub COMMAND [options]')
    .version(packageVersion(), '--version', 'prints the version')
    .allowExcessArguments(false)
    .showHelpAfterError('(mock-iot-hub --help lists all options and commands)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      // An error shows the value that was given.
      writeErr: (text) => terminal.stderr.write(withoutSecrets(text)),
    })
    .configureHelp({ optionDescription: ({ description }) => description, helpWidth: 110 })
    .addHelpText(
      'after',
      '\nEach flag has a variable: --mqtt-port is MOCK_IOT_HUB_MQTT_PORT. Give secrets as @FILE or in a variable.',
    )
    .enablePositionalOptions()
  addHubFlags(program).action(async (flags: Flags) => {
    done(await serve(flags, terminal))
  })

  const controlled = (command: Command): Command =>
    command
      .addOption(
        new Option('--control <url>', 'control API of the running hub')
          .env('MOCK_IOT_HUB_CONTROL_URL')
          .default('http://127.0.0.1:9443'),
      )
      .addOption(
        new Option('--control-token <text>', 'its control token')
          .env('MOCK_IOT_HUB_CONTROL_TOKEN')
          .argParser(secret('--control-token')),
      )
  const child = (name: string, about: string): Command =>
    program.command(name).description(about).copyInheritedSettings(program).allowExcessArguments(false)

  addHubFlags(child('exec', 'starts a hub, runs a command with its environment, stops the hub'))
    .addOption(
      new Option(
        '--isolated',
        'runs both in namespaces of their own, where --hostname leads to the hub (Linux)',
      )
        .env(environmentName('--isolated'))
        .default(false),
    )
    .argument('<command...>', 'the command, after --')
    .passThroughOptions()
    .action(async (command: string[], flags: ExecFlags) => {
      done(await exec(command, flags, terminal, line))
    })
  controlled(child('tail', 'prints the messages that devices send to a running hub'))
    .option('--device <id>', 'only messages of this device')
    .option('--source <name>', `only ${MESSAGE_SOURCES.join(', ')}`)
    .option('--all', 'start with the messages that the hub has kept', false)
    .option('--json', 'print each message as JSON', false)
    .action(async (flags: TailFlags) => {
      await printTail(flags, terminal)
    })
  child('faults', 'lists the fault types that can be injected')
    .option('--json', 'print JSON', false)
    .action(({ json }: { json: boolean }) => {
      printFaultTypes(json, terminal)
    })
  controlled(child('doctor', 'looks at ports, trust, names, clock and SDKs, and says what to do'))
    .option('--listen <address>', OPTIONS.address.help, OPTIONS.address.default)
    .option('--hostname <name...>', 'host names that a hub will have', [])
    .option('--dir <path>', 'keeps the CA', DEFAULT_DIRECTORY)
    .option('--json', 'print JSON', false)
    .action(async (flags: DoctorFlags) => {
      done(await doctor(flags, terminal))
    })
  const data = child('data', 'looks at, saves and moves what --data keeps')
  addDataCommands(
    (name, about) =>
      data.command(name).description(about).copyInheritedSettings(program).allowExcessArguments(false),
    terminal,
  )
  controlled(child('expire-token', 'lets the token of a device or module expire now'))
    .argument('<identity>', 'DEVICE or DEVICE/MODULE')
    .action(async (name: string, flags: ControlFlags) => {
      await expireToken(name, flags, terminal)
    })
  controlled(child('edge-env', 'prints the environment variables of an IoT Edge module'))
    .argument('<device/module>')
    .option('--http', 'use the workload API over HTTP instead of a Unix socket', false)
    .action(async (name: string, flags: ControlFlags & { http: boolean }) => {
      await edgeEnvironment(name, flags, terminal)
    })
  return program
}
