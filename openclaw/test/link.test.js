import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { afterEach, beforeEach, test } from "node:test";

import { readEndpoint } from "../endpoint.js";
import { Journal } from "../journal.js";
import { Decoder, MAX_LINE, encode, encodeCut } from "../lines.js";
import { FakeDaemon } from "./daemon.js";
import { FakeGateway } from "./gateway.js";

/** @type {FakeDaemon} */ let daemon;
/** @type {FakeGateway} */ let gateway;

beforeEach(async () => {
  daemon = await FakeDaemon.listen();
  gateway = new FakeGateway({ socket: daemon.file });
});

afterEach(async () => {
  await gateway.end();
  await daemon.close();
});

const until = async (/** @type {() => unknown} */ is) => {
  const end = Date.now() + 10_000;
  while (!is()) {
    assert.ok(Date.now() < end, "it never came true");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

test("nothing is dialled before an account starts", async () => {
  const looking = new FakeGateway({ socket: daemon.file, mode: "tool-discovery" });
  assert.equal(looking.channel, undefined);
  assert.ok(looking.tool, "the tool is announced");
  const refused = gateway.channel.outbound.sendText({ to: "user:a", text: "hi" });
  await assert.rejects(refused, { retryable: true });
  assert.equal(daemon.connections, 0);
});

test("the account's state is the daemon's word", async () => {
  gateway.start();
  await until(() => gateway.statuses.at(-1)?.connected === true);
  daemon.send({ t: "account.status", account: "default", running: true, connected: true, error: "kicked" });
  await until(() => gateway.statuses.at(-1)?.lastError === "kicked");
  assert.equal(gateway.statuses.at(-1).connected, true);
  await gateway.end();
  await daemon.frame("account.stop");
});

test("a lost link is dialled again and everything is told again", async () => {
  gateway.start();
  await daemon.frame("pairing.allowed");
  await daemon.vanish();
  await until(() => gateway.statuses.at(-1)?.connected === false);
  const refused = gateway.channel.outbound.sendText({ to: "user:a", text: "hi" });
  await assert.rejects(refused, { retryable: true });
  await daemon.open();
  await until(() => daemon.of("pairing.allowed").length === 2);
  assert.equal(daemon.of("hello").length, 2);
  assert.equal(gateway.log.filter((line) => line.startsWith("no link")).length, 1, "a reason is said once");
});

test("a message of our own accord has the host's key", async () => {
  gateway.start();
  await daemon.frame("account.start");
  daemon.answers.set("out", ({ to }) =>
    to === "user:a"
      ? { t: "out.result", ok: true, message: "m-1" }
      : { t: "out.result", ok: false, error: "no such member", retryable: false },
  );
  /** @type {string[]} */ const begun = [];
  const sent = await gateway.channel.outbound.sendText({
    to: "user:a",
    text: "hi",
    deliveryQueueId: "q",
    deliveryPartIndex: 1,
    onPlatformSendDispatch: async () => begun.push("begun"),
  });
  assert.deepEqual(sent, { channel: "wecom", messageId: "m-1", to: "user:a" });
  assert.equal(daemon.of("out")[0].key, "q/1");
  assert.deepEqual(begun, ["begun"]);
  const refused = gateway.channel.outbound.sendMedia({ to: "user:b", mediaUrl: "/x.png" });
  await assert.rejects(refused, { message: "no such member", retryable: false });
});

test("the tool goes with what the host knows, and nothing else", async () => {
  gateway.start();
  await daemon.frame("account.start");
  daemon.answers.set("tool", () => ({ t: "tool.result", content: [{ type: "text", text: "ok" }], isError: false }));
  const context = { requesterSenderId: "ZhangSan", messageChannel: "wecom", config: { secret: "s" } };
  const result = await gateway.tool(context).execute("call", { action: "list", requesterSenderId: "Boss" });
  assert.deepEqual(result.content, [{ type: "text", text: "ok" }]);
  assert.deepEqual(daemon.of("tool")[0].ctx, { requesterSenderId: "ZhangSan", messageChannel: "wecom" });
});

test("a cancelled tool call is taken back", async () => {
  gateway.start();
  await daemon.frame("account.start");
  const stop = new AbortController();
  const call = gateway.tool({}).execute("call", {}, stop.signal);
  const { id } = await daemon.frame("tool");
  stop.abort();
  await assert.rejects(call);
  assert.equal((await daemon.frame("tool.cancel")).id, id);
});

test("pairing and agents are asked for over the link", async () => {
  gateway.start();
  await daemon.frame("account.start");
  daemon.send({ t: "pairing.request", id: "p", account: "default", user: "LiSi", name: "李四" });
  const code = await daemon.frame("pairing.code");
  assert.deepEqual([code.id, code.code, code.created], ["p", "ABCD1234", true]);
  gateway.allowed.push("LiSi");
  await daemon.frame("pairing.allowed", ({ users }) => users.includes("LiSi"));
  daemon.send({ t: "agent.ensure", id: "a", agent: "helper", workspace: "/w" });
  assert.equal((await daemon.frame("agent.ready")).ok, true);
  assert.deepEqual(/** @type {any} */ (gateway.cfg.agents).entries, { helper: { workspace: "/w" } });
  daemon.send({ t: "agent.ensure", id: "b", agent: "../x" });
  assert.equal((await daemon.frame("agent.ready", ({ id }) => id === "b")).ok, false);
});

test("webhooks are piped to the daemon, whole", async () => {
  /** @type {any} */ let seen;
  const behind = http.createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      seen = { url: request.url, body, from: request.headers["x-forwarded-for"] };
      response.writeHead(202, { "x-own": "yes" });
      response.end("taken");
    });
  });
  await once(behind.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (behind.address());
  daemon.answers.set("hello", () => ({ t: "welcome", proto: 1, wecom: "9", http: `http://127.0.0.1:${port}` }));
  const front = http.createServer((request, response) => gateway.routes[0].handler(request, response));
  await once(front.listen(0, "127.0.0.1"), "listening");
  const address = /** @type {import("node:net").AddressInfo} */ (front.address());
  const url = `http://127.0.0.1:${address.port}/plugins/wecom/bot/hq?msg_signature=a%2Bb`;
  try {
    assert.equal((await fetch(url)).status, 502, "no daemon");
    gateway.start();
    await daemon.frame("account.start");
    const answer = await fetch(url, { method: "POST", body: "<xml/>" });
    assert.deepEqual([answer.status, answer.headers.get("x-own"), await answer.text()], [202, "yes", "taken"]);
    assert.deepEqual(seen, { url: "/plugins/wecom/bot/hq?msg_signature=a%2Bb", body: "<xml/>", from: "127.0.0.1" });
  } finally {
    front.close();
    behind.close();
  }
});

test("a refused gateway does not dial again and again", async () => {
  daemon.answers.set("hello", () => ({ t: "bye", reason: "replaced", message: "another gateway" }));
  gateway.start();
  await until(() => gateway.statuses.at(-1)?.lastError?.includes("another gateway"));
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal(daemon.connections, 1);
});

test("lines have a limit, and texts are cut to it at whole characters", () => {
  const text = "😀".repeat(MAX_LINE);
  assert.throws(() => encode({ t: "out", text }), { name: "TooLongError" });
  const line = encodeCut({ t: "turn.event", text });
  assert.ok(Buffer.byteLength(line) <= MAX_LINE);
  const cut = JSON.parse(line).text;
  assert.match(cut, /^(?:😀)+…$/u);
  assert.equal(encodeCut({ t: "turn.event" }), '{"t":"turn.event"}\n');
});

test("frames are read however they are cut", () => {
  const decoder = new Decoder();
  const bytes = Buffer.from('{"t":"a","x":"好"}\nnonsense\n{"t":"b"}\n[]\n');
  const frames = [...bytes].flatMap((byte) => decoder.take(Buffer.from([byte])));
  assert.deepEqual(frames, [{ t: "a", x: "好" }, { t: "b" }]);
  assert.throws(() => decoder.take(Buffer.alloc(MAX_LINE + 1, "x")));
});

test("a journal without a link stays small", () => {
  const link = /** @type {any} */ ({ isUp: false, isCongested: false });
  const journal = new Journal("t", link);
  for (let count = 0; count < 10_000; count += 1) {
    journal.push("message");
    journal.push("partial", { text: String(count) });
    journal.push("tool", { name: "x", phase: "start" });
  }
  journal.push("deliver", { text: "all" });
  journal.push("done");
  /** @type {any[]} */ const sent = [];
  link.isUp = true;
  link.sendLine = (/** @type {string} */ line) => sent.push(JSON.parse(line));
  journal.flush();
  assert.ok(sent.length < 100);
  assert.deepEqual(sent.slice(-2).map(({ kind }) => kind), ["deliver", "done"]);
  assert.ok(sent.some(({ text }) => text === "9999"), "the last text is there");
});

test("the daemon's place is a path or an address", () => {
  assert.deepEqual(readEndpoint({ socket: "/run/w.sock" }).connect, { path: "/run/w.sock" });
  const tcp = readEndpoint({ socket: "tcp://127.0.0.1:7001", token: "t" });
  assert.deepEqual([tcp.connect, tcp.token], [{ host: "127.0.0.1", port: 7001 }, "t"]);
  for (const socket of [undefined, "", "tcp://127.0.0.1", "http://127.0.0.1:1"]) {
    assert.throws(() => readEndpoint({ socket }), /wecom openclaw setup/);
  }
});

test("a daemon that is silent is left", { timeout: 20_000 }, async (context) => {
  context.mock.timers.enable({ apis: ["setInterval", "Date"] });
  gateway.start();
  await daemon.frame("account.start");
  daemon.answers.delete("ping");
  for (let step = 0; step < 4; step += 1) {
    context.mock.timers.tick(15_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok(gateway.log.some((line) => line.includes("the daemon was silent")), gateway.log.join("\n"));
});
