/**
 * Markdown's blocks: text in, a list of blocks out. Each block keeps its source, so
 * that a growing message redraws its last block only.
 *
 * @typedef {{ source: string } & (
 *   { kind: 'heading', level: number, text: string }
 *   | { kind: 'paragraph', text: string }
 *   | { kind: 'code', language: string, text: string }
 *   | { kind: 'quote', blocks: Block[] }
 *   | { kind: 'list', start: number | null, items: Item[] }
 *   | { kind: 'table', align: Align[], head: string[], rows: string[][] }
 *   | { kind: 'rule' })} Block
 * @typedef {{ checked: boolean | null, blocks: Block[] }} Item  `checked`: of a task list
 * @typedef {'left' | 'center' | 'right' | null} Align
 */

/** Lists and quotes nested deeper than this are shown as paragraphs. */
const DEEPEST = 8;

/**
 * @param {string} text
 * @returns {Block[]}
 */
export function parseBlocks(text) {
  return parseLines(text.replace(/\r\n?/g, '\n').split('\n'), 0);
}

/**
 * @param {string[]} lines
 * @param {number} depth
 * @returns {Block[]}
 */
function parseLines(lines, depth) {
  /** @type {Block[]} */
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (isBlank(lines[at])) {
      at += 1;
      continue;
    }
    const [block, next] = fence(lines, at)
      ?? heading(lines, at)
      ?? rule(lines, at)
      ?? (depth < DEEPEST ? (quote(lines, at, depth) ?? list(lines, at, depth)) : null)
      ?? table(lines, at)
      ?? paragraph(lines, at, depth);
    blocks.push({ ...block, source: lines.slice(at, next).join('\n') });
    at = next;
  }
  return blocks;
}

/** @typedef {[any, number]} Found  a block without its source, and the line after it */

/**
 * @param {string[]} lines
 * @param {number} at
 * @returns {Found | null}
 */
function fence(lines, at) {
  const open = fenceMark(lines[at]);
  if (open === null) return null;
  const body = [];
  let next = at + 1;
  while (next < lines.length) {
    const close = fenceMark(lines[next]);
    if (close && close.char === open.char && close.length >= open.length && close.info === '') {
      next += 1;
      break;
    }
    body.push(dedent(lines[next], open.indent));
    next += 1;
  }
  return [{ kind: 'code', language: open.info.split(/\s/)[0] ?? '', text: body.join('\n') }, next];
}

/** @param {string} line */
function fenceMark(line) {
  const match = /^( {0,3})(`{3,}|~{3,})(.*)$/.exec(line);
  if (match === null || (match[2][0] === '`' && match[3].includes('`'))) return null;
  return { indent: match[1].length, char: match[2][0], length: match[2].length, info: match[3].trim() };
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @returns {Found | null}
 */
function heading(lines, at) {
  const match = /^ {0,3}(#{1,6})(?:[ \t]+|$)/.exec(lines[at]);
  if (match === null) return null;
  const text = lines[at].slice(match[0].length).trim().replace(/(?:^|[ \t])#+$/, '').trim();
  return [{ kind: 'heading', level: match[1].length, text }, at + 1];
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @returns {Found | null}
 */
function rule(lines, at) {
  return isRule(lines[at]) ? [{ kind: 'rule' }, at + 1] : null;
}

/** @param {string} line */
function isRule(line) {
  return /^ {0,3}[-*_]/.test(line) && /^(?:-{3,}|\*{3,}|_{3,})$/.test(line.replace(/[ \t]/g, ''));
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {Found | null}
 */
function quote(lines, at, depth) {
  const body = [];
  let next = at;
  while (next < lines.length) {
    const match = /^ {0,3}> ?/.exec(lines[next]);
    if (match === null) break;
    body.push(lines[next].slice(match[0].length));
    next += 1;
  }
  return next === at ? null : [{ kind: 'quote', blocks: parseLines(body, depth + 1) }, next];
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {Found | null}
 */
function list(lines, at, depth) {
  const first = marker(lines[at]);
  if (first === null) return null;
  /** @type {Item[]} */
  const items = [];
  let next = at;
  while (next < lines.length) {
    const mark = marker(lines[next]);
    if (mark === null || mark.ordered !== first.ordered || mark.indent > first.indent + 3 || isRule(lines[next])) break;
    const body = [mark.text];
    next += 1;
    while (next < lines.length) {
      const line = lines[next];
      if (isBlank(line)) {
        // A blank line belongs to the item only when indented text follows.
        const after = nextFilled(lines, next);
        if (after === lines.length || indentOf(lines[after]) < mark.width) break;
      } else if (indentOf(line) < mark.width && (marker(line) !== null || startsBlock(line))) break;
      body.push(dedent(line, mark.width));
      next += 1;
    }
    const task = /^\[([ xX])\][ \t]+/.exec(body[0]);
    if (task !== null) body[0] = body[0].slice(task[0].length);
    items.push({ checked: task === null ? null : task[1] !== ' ', blocks: parseLines(body, depth + 1) });
    const after = nextFilled(lines, next);
    if (after < lines.length && marker(lines[after]) !== null) next = after;
  }
  if (items.length === 0) return null;
  return [{ kind: 'list', start: first.ordered ? first.number : null, items }, next];
}

/** @param {string} line */
function marker(line) {
  const match = /^([ \t]*)(?:([-*+•])|(\d{1,9})[.)、])([ \t]+|$)/.exec(line);
  if (match === null) return null;
  // A mark alone on its line still needs a column for what follows it.
  const width = match[4] === '' ? match[0].length + 1 : match[0].length;
  return {
    indent: indentOf(line),
    ordered: match[3] !== undefined,
    number: Number(match[3] ?? 0),
    width: Math.min(width, indentOf(line) + 4),
    text: line.slice(match[0].length),
  };
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @returns {Found | null}
 */
function table(lines, at) {
  if (!lines[at].includes('|') || !(lines[at + 1] ?? '').includes('-')) return null;
  const delimiters = cells(lines[at + 1]);
  if (delimiters.length === 0 || !delimiters.every((cell) => /^:?-+:?$/.test(cell))) return null;
  const head = cells(lines[at]);
  if (head.length !== delimiters.length) return null;
  const rows = [];
  let next = at + 2;
  while (next < lines.length && !isBlank(lines[next]) && lines[next].includes('|')) {
    const row = cells(lines[next]);
    rows.push(head.map((_, column) => row[column] ?? ''));
    next += 1;
  }
  return [{ kind: 'table', align: delimiters.map(alignment), head, rows }, next];
}

/**
 * @param {string} cell
 * @returns {Align}
 */
function alignment(cell) {
  if (cell.endsWith(':')) return cell.startsWith(':') ? 'center' : 'right';
  return cell.startsWith(':') ? 'left' : null;
}

/**
 * A row's cells; a bar that is escaped or inside code does not part them.
 * @param {string} line
 */
function cells(line) {
  const found = [];
  let cell = '';
  let code = false;
  const text = line.trim().replace(/^\|/, '');
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\' && text[at + 1] === '|') {
      cell += '|';
      at += 1;
    } else if (char === '|' && !code) {
      found.push(cell.trim());
      cell = '';
    } else {
      if (char === '`') code = !code && text.indexOf('`', at + 1) >= 0;
      cell += char;
    }
  }
  if (cell.trim() !== '') found.push(cell.trim());
  return found;
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {Found}
 */
function paragraph(lines, at, depth) {
  let next = at + 1;
  while (next < lines.length && !isBlank(lines[next]) && !(depth < DEEPEST && interrupts(lines, next))) next += 1;
  return [{ kind: 'paragraph', text: lines.slice(at, next).map((line) => line.trim()).join('\n') }, next];
}

/**
 * @param {string[]} lines
 * @param {number} at
 */
function interrupts(lines, at) {
  return startsBlock(lines[at]) || marker(lines[at])?.text.trim() || table(lines, at) !== null;
}

/** @param {string} line */
function startsBlock(line) {
  return fenceMark(line) !== null || /^ {0,3}(?:#{1,6}[ \t]|>)/.test(line) || isRule(line);
}

/**
 * The first line at or after `at` that is not blank.
 * @param {string[]} lines
 * @param {number} at
 */
function nextFilled(lines, at) {
  let next = at;
  while (next < lines.length && isBlank(lines[next])) next += 1;
  return next;
}

/** @param {string} line */
function isBlank(line) {
  return line.trim() === '';
}

/** @param {string} line */
function indentOf(line) {
  let columns = 0;
  for (const char of line) {
    if (char === ' ') columns += 1;
    else if (char === '\t') columns += 4 - (columns % 4);
    else break;
  }
  return columns;
}

/**
 * @param {string} line
 * @param {number} columns
 */
function dedent(line, columns) {
  let at = 0;
  let seen = 0;
  while (seen < columns && at < line.length && (line[at] === ' ' || line[at] === '\t')) {
    seen += line[at] === '\t' ? 4 : 1;
    at += 1;
  }
  return line.slice(at);
}
