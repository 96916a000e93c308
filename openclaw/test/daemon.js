/** The daemon's end of the link, for tests. */

import { EventEmitter, once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

/** Longer than anything takes; only a failure waits for it. */
export const DEADLINE_MS = 10_000;

/** Keeps every frame and answers what a test tells it to. */
export class FakeDaemon extends EventEmitter {
  /** @type {any[]} */
  frames = [];
  /** @type {Map<string, (frame: any) => object | undefined>} */
  answers = new Map();
  /** @type {net.Socket | undefined} */
  socket;
  connections = 0;

  static async listen() {
    const directory = await mkdtemp(path.join(tmpdir(), "wecom-link-"));
    const daemon = new FakeDaemon(path.join(directory, "openclaw.sock"));
    daemon.directory = directory;
    await daemon.open();
    return daemon;
  }

  constructor(/** @type {string} */ file) {
    super();
    this.setMaxListeners(0);
    this.file = file;
    this.answers.set("hello", () => ({ t: "welcome", proto: 1, wecom: "9.9.9", features: [] }));
    this.answers.set("ping", () => ({ t: "pong" }));
    this.answers.set("account.start", ({ account }) => ({
      t: "account.status",
      account,
      running: true,
      connected: true,
    }));
  }

  async open() {
    this.server = net.createServer((socket) => this.#accept(socket));
    this.server.listen(this.file);
    await once(this.server, "listening");
  }

  /** Goes away as a killed daemon does. */
  async vanish() {
    this.socket?.destroy();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  async close() {
    await this.vanish();
    await rm(this.directory, { recursive: true, force: true });
  }

  send(/** @type {object} */ frame) {
    this.socket?.write(`${JSON.stringify(frame)}\n`);
  }

  /** The frames of a kind so far. */
  of(/** @type {string} */ t) {
    return this.frames.filter((frame) => frame.t === t);
  }

  /** The first frame, past or to come, that `is` takes. */
  async frame(/** @type {string} */ t, is = (/** @type {any} */ _) => true) {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    for (;;) {
      const frame = this.of(t).find(is);
      if (frame) {
        return frame;
      }
      await once(this, "frame", { signal });
    }
  }

  #accept(/** @type {net.Socket} */ socket) {
    this.socket = socket;
    this.connections += 1;
    let rest = "";
    socket.setEncoding("utf8");
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const frame = JSON.parse(line);
        this.frames.push(frame);
        const answer = this.answers.get(frame.t)?.(frame);
        if (answer) {
          socket.write(`${JSON.stringify(frame.id === undefined ? answer : { id: frame.id, ...answer })}\n`);
        }
        this.emit("frame", frame);
      }
    });
  }
}
