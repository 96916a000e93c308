// Drives clients of the official bot SDK as its standard input says, and prints what
// they answer and see. The protocol is described in peer.rs.
//
// In arguments, {"$frame": REQ_ID} stands for the frame that was received under that
// id, and {"$bytes": N} for N bytes of a repeating pattern.

import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { WSClient } from '@wecom/aibot-node-sdk';

const EVENTS = [
  'connected', 'authenticated', 'disconnected', 'reconnecting', 'error', 'message', 'event',
];

/** @type {Map<string, WSClient>} */
const clients = new Map();
/** @type {Map<string, object>} */
const frames = new Map();

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const silent = { debug() {}, info() {}, warn() {}, error() {} };

// What the SDK throws is an Error, or the frame of an ack that says no. Of a file that it
// has fetched, size and digest are told.
function plain(value) {
  if (value instanceof Error) return { name: value.name, message: value.message, code: value.code };
  if (!Buffer.isBuffer(value?.buffer)) return value;
  const { buffer, filename } = value;
  return { filename, size: buffer.length, sha256: createHash('sha256').update(buffer).digest('hex') };
}

function meant(argument) {
  if (argument?.$frame !== undefined) return frames.get(argument.$frame) ?? { headers: { req_id: argument.$frame } };
  if (argument?.$bytes !== undefined) return Buffer.from({ length: argument.$bytes }, (_, n) => n % 251);
  return argument;
}

function create(name, options) {
  const client = new WSClient({ logger: silent, ...options });
  for (const event of EVENTS) {
    client.on(event, (...args) => {
      const reqId = args[0]?.headers?.req_id;
      if (reqId !== undefined) frames.set(reqId, args[0]);
      say({ client: name, event, args: args.map(plain) });
    });
  }
  clients.set(name, client);
  client.connect();
  return null;
}

async function obey({ id, client, method, args }) {
  try {
    const result = method === 'create'
      ? create(client, args[0])
      : await clients.get(client)[method](...args.map(meant));
    say({ id, result: plain(result) ?? null });
  } catch (error) {
    say({ id, error: plain(error) });
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => void obey(JSON.parse(line)))
  .on('close', () => process.exit(0));
