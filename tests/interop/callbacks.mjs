// Seals callbacks and opens answers with the official package, as its standard input says.
// The protocol is described in peer.rs, the methods in callbacks.rs.

import { createInterface } from 'node:readline';
import crypto from '@wecom/crypto';

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const METHODS = {
  seal({ keys, timestamp, nonce, message }) {
    const sealed = crypto.encrypt(keys.aesKey, message, keys.receiver);
    const signature = crypto.getSignature(keys.token, timestamp, nonce, sealed);
    return { sealed, signature, body: JSON.stringify({ encrypt: sealed }) };
  },
  open({ keys, timestamp, nonce, signature, sealed }) {
    if (crypto.getSignature(keys.token, timestamp, nonce, sealed) !== signature) {
      throw new Error('the signature is another');
    }
    const { message, id } = crypto.decrypt(keys.aesKey, sealed);
    if (id !== keys.receiver) throw new Error(`it is for ${id}`);
    return { message };
  },
};

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, method, args } = JSON.parse(line);
    try {
      say({ id, result: METHODS[method](args) });
    } catch (error) {
      say({ id, error: error.message });
    }
  })
  .on('close', () => process.exit(0));
