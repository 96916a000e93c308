/** One chat's entries in order, with the page's own messages that are still on their way. */

/** @typedef {import('./types.js').Entry} Entry */

export class Transcript {
  /** The server's entries were fetched; before that only live ones are known. */
  loaded = false;
  /** In the order of their ids. @type {Entry[]} */
  entries = [];
  /** Sent from this page and not seen from the server yet. @type {Outgoing[]} */
  outgoing = [];
  /** Messages that the bot did not get, by message id. @type {Set<string>} */
  undelivered = new Set();

  /** @param {Entry[]} entries the server's answer; live versions that are newer stay */
  load(entries) {
    const known = this.entries;
    this.entries = [...entries].sort((a, b) => a.id - b.id);
    this.loaded = true;
    for (const entry of known) this.upsert(entry);
    const ids = new Set(this.entries.map((entry) => entry.msgid));
    this.outgoing = this.outgoing.filter((message) => message.msgid === '' || !ids.has(message.msgid));
  }

  /**
   * The server took a message of ours; its copy may be here already.
   * @param {Outgoing} message
   * @param {{ msgid: string, heard: boolean, delivered: boolean }} receipt
   */
  confirm(message, { msgid, heard, delivered }) {
    message.msgid = msgid;
    const missed = heard && !delivered;
    message.delivery = missed ? 'offline' : 'sent';
    if (missed) this.undelivered.add(msgid);
    if (this.entries.some((entry) => entry.msgid === msgid)) this.discard(message);
  }

  /** @param {Outgoing} message */
  discard(message) {
    this.outgoing = this.outgoing.filter((other) => other !== message);
  }

  /** Forgets what the server said; what is on its way stays. */
  drop() {
    this.entries = [];
    this.loaded = false;
  }

  /**
   * @param {Entry} entry
   * @returns {boolean} false when a newer version of it is already there
   */
  upsert(entry) {
    let index = this.entries.length;
    while (index > 0 && this.entries[index - 1].id > entry.id) index -= 1;
    const previous = this.entries[index - 1];
    if (previous?.id !== entry.id) {
      this.entries.splice(index, 0, entry);
      this.#settle(entry);
      return true;
    }
    if (isOlder(entry, previous)) return false;
    this.entries[index - 1] = entry;
    return true;
  }

  /** The bot's replies that are still growing. */
  get streaming() {
    return this.entries.filter((entry) => entry.type === 'stream' && entry.finished === false);
  }

  /**
   * The server's copy replaces the page's own one.
   * @param {Entry} entry
   */
  #settle(entry) {
    if (entry.from.kind !== 'user' || this.outgoing.length === 0) return;
    const index = this.outgoing.findIndex((message) => message.isSame(entry));
    if (index >= 0) this.outgoing.splice(index, 1);
  }
}

/**
 * @param {Entry} entry
 * @param {Entry} known
 */
function isOlder(entry, known) {
  if (entry.updated_at !== known.updated_at) return entry.updated_at < known.updated_at;
  return (entry.revisions ?? 0) < (known.revisions ?? 0);
}

/** A message of the acting person, shown before the server has confirmed it. */
export class Outgoing {
  static #count = 0;

  /**
   * @param {string} from
   * @param {import('./types.js').Part[]} parts
   * @param {Entry} [quoted]
   */
  constructor(from, parts, quoted) {
    Outgoing.#count += 1;
    this.key = `out-${Outgoing.#count}`;
    this.from = from;
    this.parts = parts;
    this.quoted = quoted;
    this.at = Date.now();
    /** @type {import('./types.js').Delivery} */
    this.delivery = 'sending';
    /** Known once the server has answered. */
    this.msgid = '';
  }

  /**
   * Whether this is the message that the server shows as `entry`. The event stream may
   * be faster than the answer that tells the id; then sender and content decide.
   * @param {Entry} entry
   */
  isSame(entry) {
    if (this.msgid !== '' && entry.msgid) return this.msgid === entry.msgid;
    return this.delivery === 'sending' && entry.from.id === this.from && sameParts(partsOf(entry), this.parts);
  }
}

/**
 * What an entry of a person consists of.
 * @param {Entry} entry
 * @returns {import('./types.js').Part[]}
 */
export function partsOf(entry) {
  if (entry.type === 'voice') return [{ voice: entry.content ?? '', media: entry.media }];
  if (entry.type !== 'mixed') return [entry.media === undefined ? { text: entry.content ?? '' } : { media: entry.media }];
  // Pushed by a test, its files lie elsewhere: only its texts are known.
  return entry.parts ?? (entry.mixed?.msg_item ?? []).map((item) => ({ text: item.text?.content ?? `[${item.msgtype}]` }));
}

/**
 * @param {import('./types.js').Part[]} some
 * @param {import('./types.js').Part[]} others
 */
function sameParts(some, others) {
  return some.length === others.length && some.every((part, at) => part.text === others[at].text && part.voice === others[at].voice && part.media?.id === others[at].media?.id);
}

