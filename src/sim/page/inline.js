/**
 * Markdown inside a line: text in, a tree of spans out. Nothing is dropped: what is
 * not well-formed stays visible as it was written.
 *
 * @typedef {{ kind: 'text', text: string }
 *   | { kind: 'break' }
 *   | { kind: 'code', text: string }
 *   | { kind: 'strong' | 'em' | 'strike', children: Span[] }
 *   | { kind: 'colour', tone: string, children: Span[] }
 *   | { kind: 'link', href: string, children: Span[] }} Span
 */

/** Deeper nesting than this is shown as it was written. */
const DEEPEST = 8;

/** A link's text is looked for within this many characters. */
const LONGEST_LABEL = 2000;

const FONT_END = '</font>';

const ENTITIES = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&quot;': '"', '&#39;': "'", '&nbsp;': '\u00a0' };

const MARKS = /** @type {const} */ ([
  ['**', 'strong'],
  ['__', 'strong'],
  ['~~', 'strike'],
  ['*', 'em'],
  ['_', 'em'],
]);

/**
 * @param {string} text
 * @param {boolean} [growing] the text is still being written: a mark without its end
 *   already formats what follows, instead of flashing as an asterisk
 * @returns {Span[]}
 */
export function parseInline(text, growing = false) {
  return new Inline(text, growing, 0).parse();
}

class Inline {
  /** @type {Span[]} */
  #spans = [];
  #plain = '';
  #at = 0;
  /** Marks that have no end further on: looked for once, not at every opening. */
  #endless = new Set();

  /**
   * @param {string} text
   * @param {boolean} growing
   * @param {number} depth
   */
  constructor(text, growing, depth) {
    this.text = text;
    this.growing = growing;
    this.depth = depth;
  }

  parse() {
    while (this.#at < this.text.length) {
      if (!this.#special()) {
        this.#plain += this.text[this.#at];
        this.#at += 1;
      }
    }
    this.#flush();
    return this.#spans;
  }

  /** Takes what starts at the current place, if it is more than a letter. */
  #special() {
    switch (this.text[this.#at]) {
      case '\\': return this.#escape();
      case '\n': return this.#break();
      case '`': return this.#code();
      case '*': case '_': case '~': return this.#emphasis();
      case '!': case '[': return this.#link();
      case '<': return this.#angle();
      case '&': return this.#entity();
      case 'h': return this.#url();
      default: return false;
    }
  }

  #escape() {
    const next = this.text[this.#at + 1];
    if (next === undefined || !/[!-/:-@[-`{-~]/.test(next)) return false;
    this.#plain += next;
    this.#at += 2;
    return true;
  }

  #break() {
    this.#plain = this.#plain.trimEnd();
    this.#push({ kind: 'break' });
    this.#at += 1;
    return true;
  }

  #code() {
    const ticks = /^`+/.exec(this.text.slice(this.#at, this.#at + 32))?.[0] ?? '`';
    const from = this.#at + ticks.length;
    let end = this.#closingTicks(from, ticks.length);
    if (end < 0) {
      if (!this.growing || ticks.length > 1 || from === this.text.length) {
        this.#plain += ticks;
        this.#at = from;
        return true;
      }
      end = this.text.length;
    }
    const inner = this.text.slice(from, end).replaceAll('\n', ' ');
    const padded = inner.startsWith(' ') && inner.endsWith(' ') && inner.trim() !== '';
    this.#push({ kind: 'code', text: padded ? inner.slice(1, -1) : inner });
    this.#at = end + ticks.length;
    return true;
  }

  /**
   * @param {number} from
   * @param {number} length
   */
  #closingTicks(from, length) {
    const mark = `\`${length}`;
    if (this.#endless.has(mark)) return -1;
    for (let at = this.text.indexOf('`', from); at >= 0; at = this.text.indexOf('`', at)) {
      let end = at;
      while (this.text[end] === '`') end += 1;
      if (end - at === length) return at;
      at = end;
    }
    this.#endless.add(mark);
    return -1;
  }

  #emphasis() {
    if (this.depth >= DEEPEST) return false;
    for (const [mark, kind] of MARKS) {
      if (!this.text.startsWith(mark, this.#at)) continue;
      const from = this.#at + mark.length;
      if (!this.#opens(mark, from)) continue;
      let end = this.#closing(mark, from);
      if (end < 0) {
        if (!this.growing || kind === 'strike') continue;
        end = this.text.length;
      }
      this.#push({ kind, children: this.#inside(from, end) });
      this.#at = end + mark.length;
      return true;
    }
    // A run of marks that opens nothing is text as a whole.
    const run = /^(?:\*+|_+|~+)/.exec(this.text.slice(this.#at, this.#at + 32))?.[0] ?? '';
    if (this.growing && this.#at + run.length === this.text.length && run !== '~') {
      this.#at += run.length;
      return true;
    }
    this.#plain += run;
    this.#at += run.length;
    return run !== '';
  }

  /**
   * @param {string} mark
   * @param {number} from
   */
  #opens(mark, from) {
    const next = this.text[from];
    if (next === undefined || /\s/.test(next) || (mark.length === 1 && next === mark)) return false;
    return mark[0] !== '_' || !isWord(this.text[this.#at - 1]);
  }

  /**
   * @param {string} mark
   * @param {number} from
   */
  #closing(mark, from) {
    if (this.#endless.has(mark)) return -1;
    for (let at = from + 1; at < this.text.length; at += 1) {
      const char = this.text[at];
      if (char === '\\') at += 1;
      else if (char === '`') {
        const ticks = /^`+/.exec(this.text.slice(at, at + 32))?.[0].length ?? 1;
        const end = this.#closingTicks(at + ticks, ticks);
        at = (end < 0 ? at : end) + ticks - 1;
      } else if (char === mark[0]) {
        let end = at;
        while (this.text[end] === char) end += 1;
        const closes = end - at === mark.length || (mark.length === 2 && end - at > 2) || (mark.length === 1 && end - at === 3);
        if (closes && !/\s/.test(this.text[at - 1]) && (char !== '_' || !isWord(this.text[end]))) return end - mark.length;
        at = end - 1;
      }
    }
    this.#endless.add(mark);
    return -1;
  }

  /** `[text](address)`; an image becomes a link too, since nothing is fetched from outside. */
  #link() {
    const bracket = this.text[this.#at] === '!' ? this.#at + 1 : this.#at;
    if (this.text[bracket] !== '[' || this.depth >= DEEPEST) return false;
    const close = this.#closingBracket(bracket + 1);
    if (close < 0) return false;
    if (this.text[close + 1] !== '(') return false;
    const end = this.text.indexOf(')', close + 2);
    if (end < 0 && !this.growing) return false;
    const stop = end < 0 ? this.text.length : end;
    const target = this.text.slice(close + 2, stop).trim().replace(/\s+["'(].*$/s, '').replace(/^<|>$/g, '');
    const children = this.#inside(bracket + 1, close);
    if (children.length === 0) children.push({ kind: 'text', text: target });
    const href = end < 0 ? null : safeHref(target);
    if (href !== null) this.#push({ kind: 'link', href, children });
    else if (end < 0) for (const child of children) this.#push(child);
    else return false;
    this.#at = stop + 1;
    return true;
  }

  /** @param {number} from */
  #closingBracket(from) {
    if (this.#endless.has(']')) return -1;
    let depth = 1;
    for (let at = from; at < this.text.length; at += 1) {
      if (at - from > LONGEST_LABEL) return -1;
      const char = this.text[at];
      if (char === '\\') at += 1;
      else if (char === '[') depth += 1;
      else if (char === ']') {
        depth -= 1;
        if (depth === 0) return at;
      }
    }
    this.#endless.add(']');
    return -1;
  }

  #angle() {
    const match = /^<((?:https?:\/\/|mailto:)[^<>\s]{1,2000})>/.exec(this.text.slice(this.#at, this.#at + 2100));
    const href = match && safeHref(match[1]);
    if (match && href) {
      this.#push({ kind: 'link', href, children: [{ kind: 'text', text: match[1] }] });
      this.#at += match[0].length;
      return true;
    }
    if (this.#colour()) return true;
    const lineBreak = /^<br\s{0,4}\/?>/i.exec(this.text.slice(this.#at, this.#at + 10));
    if (lineBreak === null) return false;
    this.#push({ kind: 'break' });
    this.#at += lineBreak[0].length;
    return true;
  }

  /** `<font color="info">text</font>`: the three tones that WeCom knows. */
  #colour() {
    const open = /^<font color=["'](info|comment|warning)["']>/.exec(this.text.slice(this.#at, this.#at + 32));
    if (open === null || this.depth >= DEEPEST) return false;
    const from = this.#at + open[0].length;
    const end = this.text.indexOf(FONT_END, from);
    if (end < 0) return false;
    this.#push({ kind: 'colour', tone: open[1], children: this.#inside(from, end) });
    this.#at = end + FONT_END.length;
    return true;
  }

  #entity() {
    for (const [entity, char] of Object.entries(ENTITIES)) {
      if (!this.text.startsWith(entity, this.#at)) continue;
      this.#plain += char;
      this.#at += entity.length;
      return true;
    }
    return false;
  }

  #url() {
    if (isWord(this.text[this.#at - 1])) return false;
    const address = bareUrl(this.text.slice(this.#at, this.#at + 2100));
    const href = address && safeHref(address);
    if (!address || !href) return false;
    this.#push({ kind: 'link', href, children: [{ kind: 'text', text: address }] });
    this.#at += address.length;
    return true;
  }

  /**
   * @param {number} from
   * @param {number} end
   */
  #inside(from, end) {
    return new Inline(this.text.slice(from, end), this.growing && end === this.text.length, this.depth + 1).parse();
  }

  #flush() {
    if (this.#plain === '') return;
    this.#spans.push({ kind: 'text', text: this.#plain });
    this.#plain = '';
  }

  /** @param {Span} span */
  #push(span) {
    this.#flush();
    this.#spans.push(span);
  }
}

/** @param {string | undefined} char */
function isWord(char) {
  return char !== undefined && /[\p{L}\p{N}_]/u.test(char) && !/\p{Script=Han}/u.test(char);
}

/**
 * The web address a text starts with, without the punctuation of its sentence.
 * @param {string} text
 */
export function bareUrl(text) {
  const match = /^https?:\/\/[^\s<>"'`，。；：！？、（）《》【】“”‘’|]+/.exec(text);
  if (match === null) return null;
  let address = match[0].replace(/[.,;:!?*_~]+$/, '');
  if (address.endsWith(')') && !address.includes('(')) address = address.slice(0, -1);
  return /^https?:\/\/./.test(address) ? address : null;
}

/**
 * @param {string} address
 * @returns {string | null} the address, when it is one that may be opened
 */
export function safeHref(address) {
  try {
    const url = new URL(address);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
