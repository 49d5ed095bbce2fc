// PostgreSQL's frontend/backend protocol, as far as a one-session server needs it.

const MAX_MESSAGE_BYTES = 1 << 30
const MAX_STARTUP_BYTES = 10000
const COPY_FROM_STDIN =
  /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*copy\b[\s\S]*\bfrom\s+stdin\b/i

/** What ends a connection, and what the client is told. */
export class Refusal extends Error {
  constructor(code, text) {
    super(text)
    this.code = code
  }

  get response() {
    return message('E', `SFATAL\0VFATAL\0C${this.code}\0M${this.message}\0\0`)
  }
}

/** Hands out whole messages, however the client's packets cut them. */
export class MessageReader {
  #packets
  #chunks = []
  #size = 0

  constructor(socket) {
    this.#packets = socket[Symbol.asyncIterator]()
  }

  /** Returns the next start-up packet without its length; null at the end. */
  async startup() {
    const packet = await this.#message(0, 8, MAX_STARTUP_BYTES)
    return packet && packet.subarray(4)
  }

  /** Returns the next typed message, header included; null at the end. */
  message() {
    return this.#message(1, 4, MAX_MESSAGE_BYTES)
  }

  async #message(lengthAt, least, most) {
    const head = await this.#fill(lengthAt + 4)
    if (!head) return null
    const length = head.readInt32BE(lengthAt)
    if (length < least || length > most) throw new Refusal('08P01', 'malformed message')
    const bytes = await this.#fill(lengthAt + length)
    return bytes && this.#cut(bytes, lengthAt + length)
  }

  async #fill(size) {
    while (this.#size < size) {
      const { value, done } = await this.#packets.next()
      if (done) return null
      this.#chunks.push(value)
      this.#size += value.length
    }
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]
  }

  #cut(bytes, size) {
    this.#chunks = [bytes.subarray(size)]
    this.#size -= size
    return bytes.subarray(0, size)
  }
}

/** Returns one message: its type letter, its length, its parts. */
export function message(type, ...parts) {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

export const typeOf = (bytes) => String.fromCharCode(bytes[0])
export const query = (sql) => message('Q', sql, '\0')
export const parse = (sql) => message('P', '\0', sql, '\0', [0, 0])
export const sync = message('S')
export const passwordRequest = message('R', [0, 0, 0, 3])

/** Returns a start-up packet for the backend's own handshake. */
export function startupPacket(user) {
  const body = Buffer.from(`\0\x03\0\0user\0${user}\0\0`, 'latin1')
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length + 4)
  return Buffer.concat([length, body])
}

/** Returns the name/value pairs of a start-up packet's body. */
export function startupParameters(body) {
  const words = body.toString('utf8', 4).split('\0')
  const pairs = new Map()
  for (let i = 0; words[i]; i += 2) pairs.set(words[i], words[i + 1])
  return pairs
}

/** Yields [name, value] of each setting in libpq's `options` keyword. */
export function* commandLineSettings(options = '') {
  const words = options.match(/(?:\\.|[^\s\\])+/g) ?? []
  const flat = words.map((word) => word.replace(/\\(.)/g, '$1')).join('\x1f')
  for (const [, name, value] of flat.matchAll(/(?:-c\x1f?|--)([\w.-]+)=([^\x1f]*)/g)) {
    yield [name.replaceAll('-', '_'), value]
  }
}

/** Says whether a Query or Parse message starts a COPY FROM STDIN. */
export function isCopyIn(bytes) {
  if (!['Q', 'P'].includes(typeOf(bytes))) return false
  const start = typeOf(bytes) === 'P' ? bytes.indexOf(0, 5) + 1 : 5
  return COPY_FROM_STDIN.test(bytes.toString('utf8', start, bytes.indexOf(0, start)))
}

/** Returns the CopyInResponse that a COPY FROM STDIN statement asks for. */
export function copyInResponse(bytes) {
  const binary = /\bbinary\b/i.test(bytes.toString('utf8', 5).split(/stdin/i)[1])
  return message('G', [binary ? 1 : 0, 0, 0])
}

/** Returns a reply without its first CopyInResponse. */
export function withoutCopyInResponse(reply) {
  for (let at = 0; at < reply.length; at += 1 + reply.readInt32BE(at + 1)) {
    if (reply[at] !== 0x47) continue
    const end = at + 1 + reply.readInt32BE(at + 1)
    return Buffer.concat([reply.subarray(0, at), reply.subarray(end)])
  }
  return reply
}
