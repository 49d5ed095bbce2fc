// Makes, once for all servers of an installation, the data folder that each of them begins
// with a copy of: node prepare.mjs MODULES.
import { FIRST_DATABASE, MAINTENANCE_DATABASE, OWNER, newData, opener } from './pglite.mjs'

process.umask(0o077) // as the copies are to be
const [modules] = process.argv.slice(2)
const db = await opener(modules)(newData(modules), MAINTENANCE_DATABASE)
await db.exec(`ALTER ROLE ${OWNER} PASSWORD '${OWNER}'`)
await db.exec(`CREATE DATABASE ${FIRST_DATABASE}`)
await db.close()
