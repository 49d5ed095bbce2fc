// One client's conversation, from its start-up packet to its end.
import { createHmac, pbkdf2Sync, createHash } from 'node:crypto'
import { OWNER } from './pglite.mjs'
import {
  MessageReader, Refusal, commandLineSettings, copyInResponse, isCopyIn, parse,
  passwordRequest, startupParameters, typeOf, withoutCopyInResponse,
} from './protocol.mjs'

const PROTOCOL_3 = 3 << 16
const CANCEL_REQUEST = 80877102
const ENCRYPTION_REQUESTS = [80877103, 80877104]
const OWN_KEYWORDS = ['user', 'database', 'options', 'replication']

/** Hears what a client wants; null if it wants no session. */
export async function greet(socket) {
  const reader = new MessageReader(socket)
  const parameters = await negotiate(socket, reader)
  return parameters && { reader, parameters }
}

/** Serves one client to its end; the backend is as new afterwards. */
export async function serve(socket, { reader, parameters }, backend) {
  try {
    await admit(socket, reader, backend, parameters)
    await send(socket, backend.handshake())
    await converse(socket, reader, backend)
  } finally {
    backend.endSession()
  }
}

async function negotiate(socket, reader) {
  for (;;) {
    const body = await reader.startup()
    const code = body?.readInt32BE(0)
    if (!body || code === CANCEL_REQUEST) return null
    if (code === PROTOCOL_3) return startupParameters(body)
    if (!ENCRYPTION_REQUESTS.includes(code)) throw new Refusal('0A000', 'unsupported protocol')
    await send(socket, Buffer.from('N'))
  }
}

async function admit(socket, reader, backend, parameters) {
  const user = parameters.get('user')
  await authenticate(socket, reader, backend, user)
  await backend.use(parameters.get('database') ?? user)
  await backend.applyDefaults(user)
  try {
    // The settings come first: some of them are not the role's to read back.
    for (const [name, value] of settings(parameters)) {
      await backend.set(name, value)
    }
    if (user !== OWNER) await backend.rows(`SET SESSION AUTHORIZATION "${user.replaceAll('"', '""')}"`)
  } catch (error) {
    throw new Refusal(error.code ?? 'XX000', error.message)
  }
}

function* settings(parameters) {
  yield* commandLineSettings(parameters.get('options'))
  for (const [name, value] of parameters) {
    if (!OWN_KEYWORDS.includes(name) && !name.startsWith('_pq_')) yield [name, value]
  }
}

async function authenticate(socket, reader, backend, user) {
  await send(socket, passwordRequest)
  const answer = await reader.message()
  if (!answer) throw new Refusal('08P01', 'no password given')
  const password = answer.toString('utf8', 5, answer.length - 1)
  const roles = await backend.rows(
    'SELECT rolpassword FROM pg_authid WHERE rolname = $1 AND rolcanlogin', [user])
  if (!roles.length || !matches(password, roles[0].rolpassword)) {
    throw new Refusal('28P01', `password authentication failed for user "${user}"`)
  }
}

function matches(password, stored) {
  const scram = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):/.exec(stored ?? '')
  if (!scram) return false
  const [, iterations, salt, key] = scram
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), +iterations, 32, 'sha256')
  const client = createHmac('sha256', salted).update('Client Key').digest()
  return createHash('sha256').update(client).digest('base64') === key
}

async function converse(socket, reader, backend) {
  let replies = []
  for (;;) {
    const next = await reader.message()
    if (!next || typeOf(next) === 'X') return
    replies.push(await answer(socket, reader, backend, next))
    if (!'QSHF'.includes(typeOf(next))) continue // the client does not wait yet
    await send(socket, Buffer.concat(replies))
    replies = []
  }
}

async function answer(socket, reader, backend, next) {
  if (!isCopyIn(next)) return backend.execute(next)
  if (typeOf(next) === 'Q') return copyIn(socket, reader, backend, next)
  return backend.execute(parse('"COPY FROM STDIN works in a simple query only"'))
}

// The backend cannot wait for the rows of a COPY: it gets the statement with them.
async function copyIn(socket, reader, backend, statement) {
  const messages = [statement]
  await send(socket, copyInResponse(statement))
  do {
    const next = await reader.message()
    if (!next) return Buffer.alloc(0)
    if ('dcf'.includes(typeOf(next))) messages.push(next)
  } while (!'cf'.includes(typeOf(messages.at(-1))))
  return withoutCopyInResponse(backend.execute(Buffer.concat(messages)))
}

/** Writes to a socket; a client that is gone is no error. */
export function send(socket, bytes) {
  if (!bytes.length || !socket.writable) return undefined
  return new Promise((resolve) => {
    socket.once('close', resolve)
    socket.write(bytes, () => {
      socket.off('close', resolve)
      resolve()
    })
  })
}
