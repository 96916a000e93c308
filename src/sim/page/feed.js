/**
 * The simulator's event stream, kept open for ever.
 *
 * `EventSource` alone would resume only while the browser retries by itself; a server
 * that was restarted ends that. So each connection is made here, and asks for what
 * came after the last event that was seen.
 */

const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 5_000;

/**
 * @typedef {object} Handlers
 * @property {(entry: import('./types.js').Entry) => void} entry
 * @property {(bot: { id: string, connected: boolean }) => void} bot
 * @property {() => void} state   the directory changed
 * @property {() => void} reset   everything known is void
 * @property {(open: boolean) => void} link  the stream opened or broke
 */

/** @param {Handlers} handlers */
export function openFeed(handlers) {
  let last = '';
  let delay = FIRST_DELAY_MS;

  function connect() {
    const source = new EventSource(`/sim/events/stream${last === '' ? '' : `?after=${encodeURIComponent(last)}`}`);

    /**
     * @param {string} name
     * @param {(data: any) => void} handle
     */
    function on(name, handle) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId !== '') last = event.lastEventId;
        handle(event.data === '' ? null : JSON.parse(event.data));
      });
    }

    source.addEventListener('open', () => {
      delay = FIRST_DELAY_MS;
      handlers.link(true);
    });
    source.addEventListener('error', () => {
      source.close();
      handlers.link(false);
      setTimeout(connect, delay);
      delay = Math.min(delay * 2, LONGEST_DELAY_MS);
    });
    on('entry', handlers.entry);
    on('bot', handlers.bot);
    on('state', handlers.state);
    on('reset', () => {
      last = '';
      handlers.reset();
    });
  }

  connect();
}
