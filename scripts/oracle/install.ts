/** Installs the SDKs: their packages go into `drivers/` and are not part of an install of the project. */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Folder of the drivers and their SDKs. */
export const DRIVERS = join(import.meta.dirname, '../../drivers')

/** Installs the Node SDKs. @throws Error when they cannot be installed. */
export function installNode(): void {
  once('node_modules', 'package-lock.json', () => {
    run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'])
  })
}

/**
 * Installs the Python SDKs.
 * @param list file in `drivers/` that names them.
 * @param environment folder in `drivers/` of the virtual environment.
 * @returns the interpreter of the virtual environment, or why there is none.
 */
export function installPython(
  list = 'requirements.txt',
  environment = '.venv',
): { readonly python: string } | { readonly missing: string } {
  const python = join(DRIVERS, environment, 'bin/python')
  const found = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0)
  if (found === undefined) return { missing: 'there is no Python on this machine' }
  try {
    once(environment, list, () => {
      run(found, ['-m', 'venv', environment])
      run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', list])
    })
  } catch (error) {
    return { missing: `its packages cannot be installed: ${String(error)}` }
  }
  return { python }
}

/** Builds the program with the Go SDK. @returns its path, or why there is none. */
export function installGo(): { readonly program: string } | { readonly missing: string } {
  if (spawnSync('go', ['version']).status !== 0) return { missing: 'there is no Go on this machine' }
  try {
    run('go', ['build', '-o', '.bin/device', '.'], join(DRIVERS, 'go'))
  } catch (error) {
    return { missing: `it cannot be built: ${String(error)}` }
  }
  return { program: join(DRIVERS, 'go/.bin/device') }
}

/** Installs the Java SDKs and compiles the programs that use them. @returns their class path, or why there is none. */
export function installJava(): { readonly missing: string } | { readonly classPath: string } {
  const lacking = ['java', 'javac', 'mvn'].find((name) => spawnSync(name, ['-version']).status !== 0)
  if (lacking !== undefined) return { missing: `there is no ${lacking} on this machine` }
  const java = join(DRIVERS, 'java')
  const sources = ['java/src/main/java', 'service/java'].flatMap((folder) =>
    readdirSync(join(DRIVERS, folder)).map((name) => join(DRIVERS, folder, name)),
  )
  try {
    once('java/target', 'java/pom.xml', () => {
      run('mvn', ['-q', '-B', '-f', 'java', 'dependency:copy-dependencies', '-DoutputDirectory=target/lib'])
    })
    run('javac', ['-d', 'target/classes', '-cp', join('target', 'lib', '*'), ...sources], java)
  } catch (error) {
    return { missing: `it cannot be built: ${String(error)}` }
  }
  return { classPath: [join(java, 'target/classes'), join(java, 'target/lib', '*')].join(delimiter) }
}

/** Builds the program with the Rust SDK. @returns its path, or why there is none. */
export function installRust(): { readonly program: string } | { readonly missing: string } {
  if (spawnSync('cargo', ['--version']).status !== 0) return { missing: 'there is no cargo on this machine' }
  try {
    run('cargo', ['build', '--quiet', '--locked'], join(DRIVERS, 'rust'))
  } catch (error) {
    return { missing: `it cannot be built: ${String(error)}` }
  }
  return { program: join(DRIVERS, 'rust/target/debug/mock-iot-hub-driver') }
}

/** Version of an installed Node package. */
export function versionOf(name: string): string {
  const text = readFileSync(join(DRIVERS, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}

/** A Python package and its version, as a list pins it. */
export function pinned(name: string, list = 'requirements.txt'): string {
  const lines = readFileSync(join(DRIVERS, list), 'utf8').split('\n')
  return lines.find((line) => line.startsWith(`${name}==`))?.replace('==', ' ') ?? name
}

/** A Java package and its version, as `java/pom.xml` pins it. */
export function versionOfJava(artifact: string): string {
  const text = readFileSync(join(DRIVERS, 'java/pom.xml'), 'utf8')
  return new RegExp(`<artifactId>${artifact}</artifactId>\\s*<version>([^<]*)<`).exec(text)?.[1] ?? ''
}

/** Installs into `folder`, unless it was installed from the same `list`. */
function once(folder: string, list: string, install: () => void): void {
  const stamp = join(DRIVERS, folder, '.installed-from')
  const wanted = createHash('sha256')
    .update(readFileSync(join(DRIVERS, list)))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  install()
  writeFileSync(stamp, wanted)
}

function run(command: string, given: readonly string[], cwd = DRIVERS): void {
  const { status, stderr } = spawnSync(command, given, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${given.join(' ')} failed: ${stderr.slice(-500)}`)
}
