/**
 * `exec --isolated`: hub and command in user, network and mount namespaces of their own (Linux; unshare of util-linux).
 * There, every port is free, production host names lead to the hub, and its CA is among the roots of the system.
 */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRootsFile } from '../net/certificates/trust-bundle.ts'
import type { Terminal } from './terminal.ts'

/** Set inside: the ids of the user who called, `uid:gid`. */
const INSIDE = 'MOCK_IOT_HUB_NAMESPACE'
const OPTIONS = ['--net', '--mount', '--propagation', 'private']
const AS_ROOT_OF_ITS_OWN = ['--user', '--map-root-user']
const HOSTS = '/etc/hosts'

/** Namespaces cannot be had here; the message says why and what to do. */
export class IsolationError extends Error {
  override readonly name = 'IsolationError'
}

/** Whether this process runs inside. */
export function isInside({ env }: Terminal): boolean {
  return env[INSIDE] !== undefined
}

/**
 * Runs this command line again inside.
 * @throws IsolationError when the system does not allow it.
 */
export function runInside(args: readonly string[], { env }: Terminal): ChildProcess {
  const flags = namespaceFlags()
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  const self = [process.execPath, ...process.execArgv, process.argv[1] ?? '', ...args]
  return spawn('unshare', [...flags, '--', ...self], {
    stdio: 'inherit',
    env: { ...env, [INSIDE]: `${String(uid)}:${String(gid)}` },
  })
}

/** The options of unshare that this system allows this user. */
function namespaceFlags(): readonly string[] {
  if (process.platform !== 'linux') throw new IsolationError('exec --isolated: it needs Linux')
  const ways = [[...AS_ROOT_OF_ITS_OWN, ...OPTIONS], ...(process.getuid?.() === 0 ? [OPTIONS] : [])]
  let problem = ''
  for (const way of ways) {
    const { error, status, stderr } = spawnSync('unshare', [...way, '--', 'true'], { encoding: 'utf8' })
    if (status === 0) return way
    if (error !== undefined && 'code' in error && error.code === 'ENOENT')
      throw new IsolationError('exec --isolated: it needs the program unshare (package util-linux)')
    problem ||= stderr.trim()
  }
  throw new IsolationError(
    `exec --isolated: this system allows this user no namespaces (${problem}). Ubuntu: sudo sysctl ` +
      'kernel.apparmor_restrict_unprivileged_userns=0. Debian: sudo sysctl kernel.unprivileged_userns_clone=1. ' +
      'Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined, or --cap-add SYS_ADMIN as root.',
  )
}

/**
 * Opens the loopback interface and makes host names lead to the hub. Call it inside, before the hub starts.
 * @param address on which the hub listens.
 * @throws IsolationError with what the system says.
 */
export function enter(hostNames: readonly string[], address: string): void {
  openLoopback()
  const dialled = isIP(address) === 0 || address === '0.0.0.0' ? '127.0.0.1' : address
  const known = readFileSync(HOSTS, 'utf8').split('\n')
  const others = known.filter((line) => !hostNames.some((name) => line.split(/\s+/).includes(name)))
  const localhost = others.some((line) => /\slocalhost(\s|$)/.test(line)) ? [] : ['127.0.0.1 localhost']
  const named = hostNames.map((name) => `${dialled} ${name}`)
  const lines = [...named, ...localhost, ...others]
  const directory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-hosts-'))
  const file = join(directory, 'hosts')
  writeFileSync(file, lines.join('\n'), { mode: 0o644 })
  mountOver(HOSTS, file)
  // The mount keeps the file.
  rmSync(directory, { recursive: true })
}

/** Puts a bundle in the place of the system's roots, for clients that read no variable. Call it inside. */
export function trustEverywhere(caBundlePath: string): void {
  const roots = systemRootsFile()
  if (roots !== undefined) mountOver(realpathSync(roots), caBundlePath)
}

/** Starts a command inside, as the user who called. */
export function spawnInside(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): ReturnType<typeof spawn> {
  const { [INSIDE]: ids = '0:0', ...rest } = env
  const [uid = '0', gid = '0'] = ids.split(':')
  const asCaller = ['--user', `--map-user=${uid}`, `--map-group=${gid}`, '--']
  // unshare before 2.38 cannot map to another user: there, the command sees itself as root.
  const canMap = uid !== '0' && spawnSync('unshare', [...asCaller, 'true']).status === 0
  const [file, argv] = canMap ? ['unshare', [...asCaller, program, ...args]] : [program, [...args]]
  return spawn(file, argv, { stdio: 'inherit', env: rest })
}

/** A new network namespace has a loopback interface that is down. */
function openLoopback(): void {
  const bySysfs =
    'd=$(mktemp -d) && mount -t sysfs sysfs "$d" && echo 0x49 > "$d/class/net/lo/flags"; s=$?; umount "$d"; rmdir "$d"; exit $s'
  const ways = [
    ['ip', 'link', 'set', 'lo', 'up'],
    ['ifconfig', 'lo', 'up'],
    ['sh', '-c', bySysfs],
  ] as const
  const problems: string[] = []
  for (const [program, ...args] of ways) {
    const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    if (status === 0) return
    problems.push(error?.message ?? stderr.trim())
  }
  throw new IsolationError(`exec --isolated: the loopback interface cannot be opened: ${problems.join('; ')}`)
}

function mountOver(path: string, file: string): void {
  const { status, error, stderr } = spawnSync('mount', ['--bind', file, path], { encoding: 'utf8' })
  if (status === 0) return
  throw new IsolationError(`exec --isolated: ${path} cannot be replaced: ${error?.message ?? stderr.trim()}`)
}
