// A real TimescaleDB on a unix socket: node server.mjs '{"modules": …, "data": …,
// "socket": …, "database": …, "queueSeconds": …}'. One client at a time; the others
// wait in line. Ends at SIGTERM with its data written.
import fs from 'node:fs'
import net from 'node:net'
import { Backend } from './backend.mjs'
import { Refusal } from './protocol.mjs'
import { greet, send, serve } from './session.mjs'

const GONE = ['ABORT_ERR', 'ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']

const options = JSON.parse(process.argv[2])
const sockets = new Set()
let turn = Promise.resolve()

async function admit(socket) {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => {}) // the reader meets the same error and ends
  const greeting = await greet(socket).catch((error) => endedBy(error, socket))
  if (!greeting) return socket.end()
  const patience = setTimeout(() => turnAway(socket), options.queueSeconds * 1000)
  turn = turn.then(() => takeTurn(socket, greeting, patience))
}

async function takeTurn(socket, greeting, patience) {
  clearTimeout(patience)
  if (!socket.writable) return
  await serve(socket, greeting, backend).catch((error) => endedBy(error, socket))
  socket.end()
  await backend.checkpointIfDue().catch((error) => endedBy(error, socket))
}

async function endedBy(error, socket) {
  if (error instanceof Refusal) return send(socket, error.response)
  if (GONE.includes(error.code)) return undefined
  // The backend's memory is no longer to be trusted; its files are.
  console.error(error)
  return process.exit(70)
}

function turnAway(socket) {
  const text =
    `another client has held the embedded server's only connection for ` +
    `${options.queueSeconds} s`
  return endedBy(new Refusal('53300', text), socket).then(() => socket.end())
}

async function shutDown() {
  server.close()
  for (const socket of sockets) socket.destroy()
  await turn
  await backend.close()
  fs.rmSync(options.socket, { force: true })
  process.exit(0)
}

const backend = new Backend(options.modules, options.data)
await backend.start(options.database)
fs.rmSync(options.socket, { force: true }) // a killed server leaves its socket
const server = net.createServer(admit)
server.listen(options.socket)
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, shutDown)
