// The one PostgreSQL backend, and the databases of its data folder.
import fs from 'node:fs'
import { FIRST_DATABASE, MAINTENANCE_DATABASE, OWNER, newData, opener } from './pglite.mjs'
import { Refusal, message, query, startupPacket, sync, typeOf } from './protocol.mjs'

// What ends a session for good: an unfinished batch, the transaction, and all that
// DISCARD ALL forgets. Until the next session begins, names are found in pg_catalog alone:
// what is asked meanwhile must run nothing that a role made.
const END_OF_SESSION = [
  sync,
  query('ROLLBACK'),
  query(`SET SESSION AUTHORIZATION ${OWNER}`),
  query('DISCARD ALL'),
  query('SET search_path TO pg_catalog, pg_temp'),
]

const SET = 'SELECT pg_catalog.set_config($1, $2, false)'

const DUE_CHECKPOINT = `
  SELECT FROM pg_catalog.pg_control_checkpoint()
  WHERE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), redo_lsn)
    OPERATOR(pg_catalog.>) 67108864::numeric`

// What is set for all, the database, the role and the role in the database, weakest first;
// restoring mode is left out, in which TimescaleDB forgets to empty the process's caches.
const DEFAULTS = `
  SELECT split_part(item, '=', 1) AS name, substr(item, strpos(item, '=') + 1) AS value
  FROM pg_db_role_setting, unnest(setconfig) AS item
  WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = $1))
  AND item !~* '^timescaledb[.]restoring='
  ORDER BY setrole <> 0, setdatabase <> 0`

const LEFTOVER_LIBRARY = `
  SELECT WHERE current_setting('timescaledb.license', true) IS NOT NULL
  AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')`

/** The backend of a data folder; it has one database open at a time. */
export class Backend {
  #db
  #load
  #newData
  #dataDir
  #database

  constructor(modules, dataDir) {
    this.#load = opener(modules)
    this.#newData = newData(modules)
    this.#dataDir = dataDir
  }

  /** Opens a database, and makes the data folder with it at the first start. */
  async start(database) {
    if (!fs.existsSync(this.#dataDir)) await this.#initialize(database)
    await this.#open(database)
  }

  // A killed first start must not leave a half folder that is taken for whole.
  async #initialize(database) {
    const unfinished = `${this.#dataDir}.new`
    fs.rmSync(unfinished, { recursive: true, force: true })
    fs.cpSync(this.#newData, unfinished, { recursive: true })
    if (database !== FIRST_DATABASE) await this.#create(database, unfinished)
    fs.renameSync(unfinished, this.#dataDir)
  }

  async #create(database, dataDir) {
    const db = await this.#load(dataDir, MAINTENANCE_DATABASE)
    await db.exec(`CREATE DATABASE "${database}"`)
    await db.close()
  }

  async #open(database) {
    this.#db = await this.#load(this.#dataDir, database)
    await this.#preload()
    this.#database = database
    this.endSession()
  }

  // Nothing stands in shared_preload_libraries: without this, a database that has the
  // extension already would refuse what the licensed library does (columnstore, policies).
  async #preload() {
    const found = await this.rows(
      "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
    for (const { extversion } of found) {
      for (const name of [`timescaledb-${extversion}`, `timescaledb-tsl-${extversion}`]) {
        await this.#db.exec(`LOAD '$libdir/${name}'`)
      }
    }
  }

  /** Turns to a database of the data folder. */
  async use(database) {
    if (database === this.#database && !(await this.#outlivesExtension())) return
    const found = await this.rows('SELECT FROM pg_database WHERE datname = $1', [database])
    if (!found.length) throw new Refusal('3D000', `database "${database}" does not exist`)
    await this.#db.close()
    await this.#open(database)
  }

  // TimescaleDB cannot be created again where its library is loaded already.
  async #outlivesExtension() {
    return (await this.rows(LEFTOVER_LIBRARY)).length > 0
  }

  /**
   * Runs one whole protocol message and returns the whole answer.
   *
   * One only: of several, the backend forgets those after one that ends where its
   * receive buffer ends. And whole: it cannot wait for the rest.
   */
  execute(bytes) {
    // The answer lies in a buffer that the next call uses again: copy it.
    return Buffer.from(this.#db.execProtocolRawSync(bytes))
  }

  /** Runs the backend's own handshake, which states the session's parameters. */
  handshake() {
    this.execute(startupPacket(OWNER))
    return this.execute(message('p', 'any\0'))
  }

  async rows(sql, values) {
    return (await this.#db.query(sql, values)).rows
  }

  /** Sets what ALTER DATABASE and ALTER ROLE say; what cannot be set keeps nobody out. */
  async applyDefaults(user) {
    const given = await this.rows(DEFAULTS, [user])
    await this.set('search_path', '"$user", public')
    for (const { name, value } of given) await this.set(name, value).catch(() => {})
  }

  /** Sets something of the session, whatever functions its search_path leads to. */
  set(name, value) {
    return this.rows(SET, [name, value])
  }

  endSession() {
    for (const step of END_OF_SESSION) {
      const reply = this.execute(step)
      if (typeOf(reply) === 'E') throw new Error(`session not ended: ${reply}`)
    }
  }

  /** Does what PostgreSQL's checkpointer process would: there is none. */
  async checkpointIfDue() {
    if ((await this.rows(DUE_CHECKPOINT)).length) this.execute(query('CHECKPOINT'))
  }

  async close() {
    this.endSession()
    await this.#db.close()
  }
}
