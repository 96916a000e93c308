/** What the page knows: who there is, which chats, what was said, what is unread. */

import { appChat, directChat, groupChat, parseChat } from './chat-id.js';
import { Emitter } from './emitter.js';
import { appPartner, botPartner } from './partner.js';
import { summarize, tidyPreview } from './summary.js';
import { Transcript } from './transcript.js';

/** @typedef {import('./types.js').Entry} Entry */

/**
 * One line of the conversation list.
 * @typedef {object} Conversation
 * @property {string} chat
 * @property {import('./partner.js').Partner} bot  or the app, which is no member of groups
 * @property {import('./types.js').Group | null} group  null: a direct chat
 * @property {string} name
 * @property {number} lastAt
 * @property {string} preview
 * @property {number} unread
 */

/**
 * @typedef {object} Topics
 * @property {null} directory       bots, users, groups or the acting person changed
 * @property {null} chats           order, previews or unread counts changed
 * @property {string | null} open   another chat is open
 * @property {string} transcript    a chat's entries were replaced as a whole
 * @property {{ chat: string, entry: Entry, isNew: boolean }} entry
 * @property {{ chat: string, msgid: string }} outgoing  a message of ours changed its state
 * @property {string} bot           a bot connected or disconnected
 * @property {boolean} link         the page's own connection
 */

/** @extends {Emitter<Topics>} */
export class Store extends Emitter {
  /** @type {Map<string, import('./types.js').Bot>} */
  bots = new Map();
  /** @type {Map<string, import('./types.js').User>} */
  users = new Map();
  /** @type {Map<string, import('./types.js').Group>} */
  groups = new Map();
  /** @type {Map<string, import('./types.js').App>} */
  apps = new Map();
  /** The user one acts as. */
  me = '';
  /** @type {string | null} */
  open = null;

  /** @type {Map<string, { at: number, preview: string }>} */
  #latest = new Map();
  /** @type {Map<string, Transcript>} */
  #transcripts = new Map();
  /** Unread counts by person and chat. @type {Map<string, number>} */
  #unread = new Map();
  /** Entries at or before this moment were there when the page was loaded. */
  #loadedAt = Infinity;
  /** New replies that are not complete. @type {Set<number>} */
  #growing = new Set();
  /** Newest entry id of each chat that arrived live. @type {Map<string, number>} */
  #newest = new Map();

  /** @param {import('./types.js').Directory} directory */
  setDirectory(directory) {
    this.bots = new Map(directory.bots.map((bot) => [bot.id, bot]));
    this.users = new Map(directory.users.map((user) => [user.id, user]));
    this.groups = new Map(directory.groups.map((group) => [group.id, group]));
    this.apps = new Map(directory.apps.map((app) => [app.id, app]));
    if (!this.users.has(this.me)) this.me = directory.users[0]?.id ?? '';
    this.emit('directory', null);
    this.emit('chats', null);
  }

  /** @param {import('./types.js').ChatSummary[]} chats */
  setChats(chats) {
    if (this.#loadedAt === Infinity) this.#loadedAt = Math.max(0, ...chats.map((chat) => chat.last_at));
    for (const chat of chats) {
      this.#latest.set(chat.chat, { at: chat.last_at, preview: tidyPreview(chat.preview) });
    }
    this.emit('chats', null);
  }

  /** The transcripts may have gaps: they have to be loaded again. */
  dropEntries() {
    for (const transcript of this.#transcripts.values()) transcript.drop();
  }

  /** Forgets everything that was said. */
  clear() {
    this.#latest.clear();
    this.#transcripts.clear();
    this.#unread.clear();
    this.#newest.clear();
    this.#growing.clear();
    this.#loadedAt = 0;
    this.emit('chats', null);
  }

  /** @param {string} user */
  actAs(user) {
    if (user === this.me || !this.users.has(user)) return;
    this.me = user;
    this.emit('directory', null);
    this.emit('chats', null);
  }

  /** @param {string | null} chat */
  openChat(chat) {
    this.open = chat;
    if (chat !== null) this.markRead(chat);
    this.emit('open', chat);
    this.emit('chats', null);
  }

  /** @param {string} chat */
  markRead(chat) {
    if (this.#unread.delete(unreadKey(this.me, chat))) this.emit('chats', null);
  }

  /**
   * @param {string} id
   * @param {boolean} connected
   */
  setConnected(id, connected) {
    const bot = this.bots.get(id);
    if (bot === undefined || bot.connected === connected) return;
    bot.connected = connected;
    this.emit('bot', id);
    this.emit('chats', null);
  }

  /**
   * A chat's entries; empty until they were loaded.
   * @param {string} chat
   */
  transcript(chat) {
    let transcript = this.#transcripts.get(chat);
    if (transcript === undefined) {
      transcript = new Transcript();
      this.#transcripts.set(chat, transcript);
    }
    return transcript;
  }

  /**
   * @param {string} chat
   * @param {Entry[]} entries
   */
  setEntries(chat, entries) {
    const transcript = this.transcript(chat);
    transcript.load(entries);
    this.emit('transcript', chat);
  }

  /**
   * An entry that arrived live: new, or a new version of a known one.
   * @param {Entry} entry
   */
  addEntry(entry) {
    const isNew = entry.at > this.#loadedAt && entry.id > (this.#newest.get(entry.chat) ?? 0);
    if (isNew) this.#newest.set(entry.chat, entry.id);
    if (this.#transcripts.get(entry.chat)?.upsert(entry) === false) return;
    this.#remember(entry);
    // A reply counts once it is complete: that is when there is something to read.
    const grows = entry.type === 'stream' && entry.finished === false;
    if (isNew && grows) this.#growing.add(entry.id);
    else if (isNew || (!grows && this.#growing.delete(entry.id))) this.#countUnread(entry);
    this.emit('entry', { chat: entry.chat, entry, isNew });
    this.emit('chats', null);
  }

  /** @param {Entry} entry */
  #remember(entry) {
    if (entry.type === 'event') return;
    const latest = this.#latest.get(entry.chat);
    if (latest === undefined || entry.at >= latest.at) {
      this.#latest.set(entry.chat, { at: entry.at, preview: summarize(entry) });
    }
  }

  /** @param {Entry} entry */
  #countUnread(entry) {
    const name = parseChat(entry.chat);
    if (name === null || entry.type === 'event' || entry.from.kind === 'system') return;
    const readers = name.kind === 'group' ? (this.groups.get(name.peer)?.members ?? []) : [name.peer];
    for (const reader of readers) {
      const reading = reader === this.me && entry.chat === this.open && document.visibilityState === 'visible';
      if (reading || (entry.from.kind === 'user' && entry.from.id === reader)) continue;
      const key = unreadKey(reader, entry.chat);
      this.#unread.set(key, (this.#unread.get(key) ?? 0) + 1);
    }
  }

  /**
   * The acting person's chats, newest first; bots and apps that were never talked to included.
   * @returns {Conversation[]}
   */
  conversations() {
    const list = [];
    for (const bot of this.bots.values()) list.push(this.conversation(directChat(bot.id, this.me)));
    for (const app of this.apps.values()) {
      if (app.scope?.includes(this.me) ?? true) list.push(this.conversation(appChat(app.id, this.me)));
    }
    for (const group of this.groups.values()) {
      if (!group.members.includes(this.me)) continue;
      for (const bot of group.bots) list.push(this.conversation(groupChat(bot, group.id)));
    }
    return list.filter((item) => item !== null).sort((a, b) => b.lastAt - a.lastAt);
  }

  /**
   * @param {string} chat
   * @returns {Conversation | null} null when its bot, app or group does not exist (any more)
   */
  conversation(chat) {
    const name = parseChat(chat);
    const bot = name && this.#partner(name);
    if (!name || !bot) return null;
    const group = name.kind === 'group' ? this.groups.get(name.peer) : null;
    if (group === undefined) return null;
    const latest = this.#latest.get(chat);
    return {
      chat,
      bot,
      group,
      name: group === null ? bot.name : group.name,
      lastAt: latest?.at ?? 0,
      preview: latest?.preview ?? '',
      unread: this.#unread.get(unreadKey(this.me, chat)) ?? 0,
    };
  }

  /** @param {import('./chat-id.js').ChatName} name */
  #partner(name) {
    if (name.kind === 'app') {
      const app = this.apps.get(name.bot);
      return app && appPartner(app);
    }
    const bot = this.bots.get(name.bot);
    return bot && botPartner(bot);
  }

  /** Unread messages of every person. @returns {Map<string, number>} */
  unreadByPerson() {
    const totals = new Map();
    for (const [key, count] of this.#unread) {
      const person = key.slice(0, key.indexOf('\n'));
      totals.set(person, (totals.get(person) ?? 0) + count);
    }
    return totals;
  }

  /**
   * The name to show for whoever an entry is from.
   * @param {Entry['from']} from
   */
  nameOf(from) {
    const known = { bot: this.bots, app: this.apps }[from.kind] ?? this.users;
    return known.get(from.id)?.name ?? from.id;
  }
}

/**
 * @param {string} person
 * @param {string} chat
 */
function unreadKey(person, chat) {
  return `${person}\n${chat}`;
}
