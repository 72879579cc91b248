import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, run, waitFor } from '@fb/testbed'
import type { Program } from '../program.js'

/** Where Debian keeps the programs of each version. */
const VERSIONS = '/usr/lib/postgresql'
const USER = 'postgres'
const SCALE = 5
const CLIENTS = 4
const TRANSACTIONS = 400
const DONE = CLIENTS * TRANSACTIONS
const COUNT = 'SELECT count(*) FROM pgbench_history'

/** The folder with the programs of the newest version, or an absolute path at which there are none. */
function programs(): string {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(a) - Number(b)) : []
  return join(VERSIONS, versions.at(-1) ?? 'none', 'bin')
}

/** A cluster in a directory, as the user of Debian's package. */
class Cluster {
  readonly #data: string
  readonly #socket = mkdtempSync(join(tmpdir(), 'fb-postgres-'))
  readonly #log: string
  readonly #ids: { uid: number; gid: number }

  constructor(directory: string, ids: { uid: number; gid: number }) {
    this.#ids = ids
    this.#data = join(directory, 'data')
    this.#log = join(this.#socket, 'log')
    for (const path of [directory, this.#socket]) chownSync(path, ids.uid, ids.gid)
    chmodSync(directory, 0o700)
  }

  /** Runs one of its programs as the user. Throws what it wrote where it fails. */
  run(name: string, ...args: string[]): Promise<string> {
    const env = { ...process.env, PGHOST: this.#socket, PGUSER: USER, PGDATA: this.#data, LC_ALL: 'C' }
    return run(join(programs(), name), args, { ...this.#ids, cwd: this.#socket, env, timeout: 900_000 })
  }

  start(): Promise<string> {
    // As small as it can be on a machine that does other things; every commit is on the disk before it is answered.
    const settings = `-c listen_addresses= -c unix_socket_directories=${this.#socket} -c fsync=on -c shared_buffers=32MB -c max_wal_size=64MB`
    return this.run('pg_ctl', 'start', '-s', '-w', '-t', '120', '-l', this.#log, '-o', settings)
  }

  stop(mode: 'fast' | 'immediate'): Promise<string> {
    return this.run('pg_ctl', 'stop', '-s', '-w', '-t', '120', '-m', mode)
  }

  async query(text: string, database = USER): Promise<string> {
    return (await this.run('psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', database, '-c', text)).trim()
  }

  async close(): Promise<void> {
    const env = { ...process.env, PGDATA: this.#data }
    await attempt(join(programs(), 'pg_ctl'), ['stop', '-s', '-m', 'immediate'], {
      ...this.#ids,
      cwd: this.#socket,
      env,
    })
    rmSync(this.#socket, { recursive: true })
  }
}

/** Money is moved and never made: the sums of all tables are the same. */
const SUMS = `SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(delta) FROM pgbench_history)
  AND (SELECT sum(tbalance) FROM pgbench_tellers) = (SELECT sum(delta) FROM pgbench_history)
  AND (SELECT sum(bbalance) FROM pgbench_branches) = (SELECT sum(delta) FROM pgbench_history)`

/** PostgreSQL with its data in the directory, under load, crashed and recovered. */
export const postgres: Program = {
  name: 'postgres',
  description: "PostgreSQL's initdb and pgbench, a crash and what is there afterwards",
  needs: [join(programs(), 'initdb'), join(programs(), 'pgbench')],
  async run({ directory }) {
    const home = join(directory, USER)
    mkdirSync(home)
    const id = async (flag: string) => Number(await run('id', [flag, USER]))
    const cluster = new Cluster(home, { uid: await id('-u'), gid: await id('-g') })
    const facts: string[] = []
    try {
      await cluster.run('initdb', '-U', USER, '--auth=trust', '--data-checksums')
      await cluster.start()
      await cluster.run('pgbench', '-i', '-q', '-s', String(SCALE))
      await cluster.run('pgbench', '-c', String(CLIENTS), '-j', '2', '-t', String(TRANSACTIONS))
      facts.push(`transactions: ${await cluster.query(COUNT)}, sums: ${await cluster.query(SUMS)}`)
      await cluster.query('CREATE DATABASE copy TEMPLATE template0 STRATEGY file_copy')
      await cluster.query(
        'CREATE TABLE t AS SELECT g, md5(g::text) FROM generate_series(1, 100000) g; CREATE INDEX ON t(md5)',
        'copy',
      )
      facts.push(
        await cluster.query('SELECT count(*), md5(string_agg(md5, $$-$$ ORDER BY g)) FROM t', 'copy'),
      )
      await cluster.query('VACUUM FULL', 'copy')
      await cluster.query('CHECKPOINT')
      const load = cluster
        .run('pgbench', '-c', String(CLIENTS), '-j', '2', '-T', '300')
        .catch(() => 'cut off')
      await waitFor('transactions', async () => Number(await cluster.query(COUNT)) > DONE + 1000, 120_000)
      await cluster.stop('immediate')
      facts.push(`load: ${await load}`)
      await cluster.start()
      facts.push(
        `after the crash: sums ${await cluster.query(SUMS)}, more transactions: ${await cluster.query(`SELECT count(*) > ${DONE} FROM pgbench_history`)}`,
      )
      await cluster.run('pg_amcheck', '--all', '--install-missing', '--heapallindexed')
      await cluster.run('pgbench', '-c', String(CLIENTS), '-t', '50', '-S')
      await cluster.stop('fast')
      facts.push(
        `checksums: ${/Bad checksums: +\d+/.exec(await cluster.run('pg_checksums', '--check'))?.[0]}`,
      )
      return facts
    } finally {
      await cluster.close()
    }
  },
}
