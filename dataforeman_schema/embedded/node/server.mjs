// A real TimescaleDB on a unix socket: node server.mjs '{"modules": …, "data": …,
// "socket": …, "database": …, "queueSeconds": …}'. One client at a time; the others
// wait in line. Ends at SIGTERM with its data written.
import fs from 'node:fs'
import net from 'node:net'
import { Backend, Refusal } from './backend.mjs'
import { send, serve } from './session.mjs'

const options = JSON.parse(process.argv[2])
const sockets = new Set()
let turn = Promise.resolve()

function admit(socket) {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => {}) // the reader meets the same error and ends
  const patience = setTimeout(() => turnAway(socket), options.queueSeconds * 1000)
  turn = turn.then(() => takeTurn(socket, patience))
}

async function takeTurn(socket, patience) {
  clearTimeout(patience)
  if (socket.destroyed || !socket.writable) return
  await serve(socket, backend).catch(giveUpUnlessGone)
  socket.end()
  socket.destroySoon()
}

function giveUpUnlessGone(error) {
  if (['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(error.code)) return
  // The backend's memory is no longer to be trusted; its files are.
  console.error(error)
  process.exit(70)
}

async function turnAway(socket) {
  const text =
    `another client has held the embedded server's only connection for ` +
    `${options.queueSeconds} s`
  await send(socket, new Refusal('53300', text).response)
  socket.end()
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
