/** A PostgreSQL server in one folder, which is all there is to know about it: data, socket and log are inside. */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { account, postgresBinaries } from './postgres-binaries.ts'

// Not os.tmpdir(): a socket's path may be 103 bytes long, and every account must be able to reach it.
const root = '/tmp'
const prefix = 'gatehouse-pg-'

/** Folders are named after the process that owns them, so that runs do not meet and those of dead runs are known. */
export function clusterFolder(owner: number, name = ''): string {
  return join(root, `${prefix}${owner}${name}`)
}

export interface ClusterOptions {
  /** Durable: what was acknowledged survives SIGKILL. Else as fast as can be. */
  readonly durable: boolean
}

export async function createCluster(folder: string, options: ClusterOptions): Promise<void> {
  await removeStaleClusters()
  mkdirSync(folder, { mode: 0o755 })
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid)
  const initdb = join(postgresBinaries(folder), 'initdb')
  const settings = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions']
  await promisify(execFile)(initdb, ['-D', dataFolder(folder), ...settings], { ...account, cwd: folder })
  await startCluster(folder, options)
}

export async function startCluster(folder: string, { durable }: ClusterOptions): Promise<void> {
  const bin = existsSync(join(folder, 'native')) ? join(folder, 'native', 'bin') : postgresBinaries(folder)
  const log = openSync(join(folder, 'log'), 'a')
  const speed = durable ? [] : ['-F', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off']
  const settings = ['-D', dataFolder(folder), '-k', folder, '-h', '', '-c', 'max_connections=300', ...speed]
  const server = spawn(join(bin, 'postgres'), settings, {
    ...account,
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log]
  })
  server.unref()
  while (readPidFile(folder)?.status !== 'ready') {
    if (server.exitCode !== null)
      throw new Error(`PostgreSQL did not start:\n${readFileSync(join(folder, 'log'), 'utf8')}`)
    await sleep(10)
  }
}

/** Stops the server at once and removes its folder. Synchronous, so that it can run while a process exits. */
export function destroyCluster(folder: string): void {
  const server = readPidFile(folder)
  if (server && isRunning(server.pid)) {
    process.kill(server.pid, 'SIGQUIT')
    // Not by asking for the process: where nobody reaps orphans, a dead one is still there.
    waitUntil(() => readPidFile(folder) === null)
  }
  rmSync(folder, { recursive: true, force: true })
}

/** What the out-of-memory killer leaves of a server: no process of it lives to finish anything. */
export function killCluster(folder: string): void {
  const server = readPidFile(folder)
  if (!server) return
  // Stopped first, so that it forks nothing while its children are counted.
  process.kill(server.pid, 'SIGSTOP')
  const processes = [...childrenOf(server.pid), server.pid]
  for (const pid of processes) process.kill(pid, 'SIGKILL')
  waitUntil(() => !processes.some(isRunning))
  rmSync(join(dataFolder(folder), 'postmaster.pid'), { force: true })
}

export function postmasterPid(folder: string): number {
  const server = readPidFile(folder)
  if (!server) throw new Error('PostgreSQL is not running')
  return server.pid
}

/** Whether a server listens in that folder. */
export function answers(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(join(folder, '.s.PGSQL.5432'))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => resolve(true))
    socket.once('connect', () => socket.destroy())
  })
}

const dataFolder = (folder: string): string => join(folder, 'data')

/** `postmaster.pid` holds the process on its first line and how far it is on its eighth; a clean stop removes it. */
function readPidFile(folder: string): { readonly pid: number; readonly status: string | undefined } | null {
  try {
    const lines = readFileSync(join(dataFolder(folder), 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), status: lines[7]?.trim() }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Clusters of runs that were killed before they could stop them. */
async function removeStaleClusters(): Promise<void> {
  const uid = account.uid ?? process.getuid?.()
  for (const name of readdirSync(root).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(root, name)
    const owner = Number.parseInt(name.slice(prefix.length), 10)
    if (!isGone(owner) || statSync(folder, { throwIfNoEntry: false })?.uid !== uid) continue
    // A server that does not answer may have left the number of a process that is somebody else's now.
    if (await answers(folder)) destroyCluster(folder)
    else rmSync(folder, { recursive: true, force: true })
  }
}

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** Unlike `isGone`, a process that died and waits to be reaped does not count as running. */
function isRunning(pid: number): boolean {
  return process.platform === 'linux' ? existsSync(`/proc/${pid}/exe`) : !isGone(pid)
}

function childrenOf(pid: number): number[] {
  const list =
    process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      : execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
  return list.split(/\s+/).filter(Boolean).map(Number)
}

function waitUntil(condition: () => boolean): void {
  const end = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > end) throw new Error('PostgreSQL did not stop within ten seconds')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  }
}
