import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { FakeDaemon } from "./daemon.js";
import { FakeGateway, gate, message } from "./gateway.js";

/** @type {FakeDaemon} */ let daemon;
/** @type {FakeGateway | undefined} */ let gateway;

beforeEach(async () => {
  daemon = await FakeDaemon.listen();
  daemon.answers.set("turn.event", ({ kind, turn, n }) =>
    kind === "deliver" ? { t: "turn.delivered", turn, n } : undefined,
  );
});

afterEach(async () => {
  await gateway?.end();
  await daemon.close();
});

async function started(/** @type {object} */ options) {
  gateway = new FakeGateway({ socket: daemon.file, ...options });
  gateway.start();
  await daemon.frame("account.start");
  return gateway;
}

const kinds = () => daemon.of("turn.event").map(({ kind }) => kind);

for (const isOld of [false, true]) {
  test(`a turn is told as it goes, ${isOld ? "the older" : "the newer"} way in`, async () => {
    const { calls } = await started({
      isOld,
      script: async ({ replyOptions: say, delivery }) => {
        say.onAgentRunStart("run-1");
        say.onAssistantMessageStart();
        say.onReasoningStream({ text: "hm" });
        say.onPartialReply({ text: "one" });
        say.onPartialReply({ text: "one two" });
        say.onToolStart({ name: "wecom_mcp", phase: "start" });
        say.onItemEvent({ kind: "tool", name: "wecom_mcp", phase: "end", status: "completed" });
        const told = await delivery.deliver({ text: "one two", mediaUrls: ["/a/x.png"] }, { kind: "final" });
        assert.equal(told.visibleReplySent, true);
      },
    });
    daemon.send(message("t1", { system: "be kind", quote: "quoted", command: true }));
    await daemon.frame("turn.event", ({ kind }) => kind === "done");
    assert.deepEqual(daemon.of("turn.ack"), [{ t: "turn.ack", turn: "t1" }]);
    assert.deepEqual(kinds(), [
      "run",
      "message",
      "reasoning",
      "partial",
      "partial",
      "tool",
      "tool",
      "deliver",
      "done",
    ]);
    const events = daemon.of("turn.event");
    assert.deepEqual(events.map(({ n }) => n), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(events[7], {
      t: "turn.event",
      turn: "t1",
      n: 8,
      kind: "deliver",
      deliver: "final",
      text: "one two",
      media: [{ path: "/a/x.png" }],
      error: false,
      notice: false,
    });
    const ctx = calls[0].ctxPayload;
    assert.equal(ctx.GroupSystemPrompt ?? ctx.extra.GroupSystemPrompt, "be kind");
    assert.equal(ctx.ReplyToBody ?? ctx.supplemental.quote.body, "quoted");
    assert.equal(ctx.CommandAuthorized ?? ctx.access.commands.authorized, true);
    assert.equal(ctx.SessionKey ?? ctx.route.routeSessionKey, "agent:main:wecom:default:direct:zhangsan");
  });
}

test("a cancelled turn ends with done", async () => {
  await started({
    script: ({ replyOptions }) =>
      new Promise((_, reject) => {
        replyOptions.abortSignal.addEventListener("abort", () => reject(replyOptions.abortSignal.reason));
      }),
  });
  daemon.send(message("t1"));
  await daemon.frame("turn.ack");
  daemon.send({ t: "turn.cancel", turn: "t1", reason: "stop" });
  await daemon.frame("turn.event", ({ kind }) => kind === "done");
  assert.deepEqual(kinds(), ["done"]);
});

test("what OpenClaw throws has a class", async () => {
  await started({
    script: async () => {
      throw new Error("the gateway is draining");
    },
  });
  daemon.send(message("t1"));
  const event = await daemon.frame("turn.event");
  assert.deepEqual([event.kind, event.class], ["error", "busy"]);
});

test("a turn that is asked twice runs once", async () => {
  const { opened, open } = gate();
  const { calls } = await started({ script: () => opened });
  daemon.send(message("t1"));
  daemon.send(message("t1"));
  while (daemon.of("turn.ack").length < 2) {
    await new Promise((resolve) => daemon.once("frame", resolve));
  }
  open();
  await daemon.frame("turn.event", ({ kind }) => kind === "done");
  assert.equal(calls.length, 1);
});

test("a message that this process handed over has another id when it is asked again", async () => {
  const { calls } = await started({});
  for (const turn of ["t1", "t2"]) {
    daemon.send(message(turn, { msg: "m1", resumed: turn === "t2" }));
    await daemon.frame("turn.event", ({ turn: of, kind }) => of === turn && kind === "done");
  }
  const ids = calls.map(({ ctxPayload }) => ctxPayload.messageId);
  assert.deepEqual(ids, ["m1", "m1#t2"]);
});

test("a turn waits until one of its chat that was stopped has been put away", async () => {
  const { opened, open } = gate();
  /** @type {string[]} */ const begun = [];
  await started({
    script: ({ ctxPayload }) => {
      begun.push(ctxPayload.messageId);
      return begun.length === 1 ? opened : Promise.resolve();
    },
  });
  daemon.send(message("t1"));
  await daemon.frame("turn.ack", ({ turn }) => turn === "t1");
  daemon.send({ t: "turn.cancel", turn: "t1", reason: "stop" });
  daemon.send(message("t2"));
  daemon.send(message("t3", { chat: { kind: "group", id: "wrAbC" } }));
  await daemon.frame("turn.event", ({ turn, kind }) => turn === "t3" && kind === "done");
  assert.deepEqual(begun, ["msg-t1", "msg-t3"]);
  open();
  await daemon.frame("turn.event", ({ turn, kind }) => turn === "t2" && kind === "done");
  assert.deepEqual(begun, ["msg-t1", "msg-t3", "msg-t2"]);
});

for (const { way, isOld, resumed, works, deferred, elsewhere } of [
  { way: "another run", isOld: false, resumed: false, works: false, deferred: "followup", elsewhere: true },
  { way: "the newer way in", isOld: false, resumed: true, works: false, elsewhere: true },
  { way: "a run", isOld: false, resumed: true, works: true, elsewhere: undefined },
  { way: "the first time", isOld: false, resumed: false, works: false, elsewhere: undefined },
  { way: "the older way in", isOld: true, resumed: true, works: false, elsewhere: undefined },
]) {
  test(`a message goes on elsewhere: ${way}, ${elsewhere === true}`, async () => {
    await started({
      isOld,
      script: async (/** @type {any} */ { replyOptions }) => {
        if (works) {
          replyOptions.onAgentRunStart("run-1");
        }
        return { dispatchResult: { deferredToActiveRun: deferred } };
      },
    });
    daemon.send(message("t1", { resumed }));
    const done = await daemon.frame("turn.event", ({ kind }) => kind === "done");
    assert.equal(done.elsewhere, elsewhere);
  });
}

test("after a short loss the turn goes on where the daemon lost it", async () => {
  const { opened, open } = gate();
  const { opened: away, open: gone } = gate();
  await started({
    script: async ({ replyOptions: say, delivery }) => {
      say.onAssistantMessageStart();
      say.onPartialReply({ text: "before" });
      await away;
      say.onPartialReply({ text: "before and" });
      say.onPartialReply({ text: "before and after" });
      const told = delivery.deliver({ text: "before and after" }, { kind: "final" });
      open();
      await told;
    },
  });
  daemon.send(message("t1"));
  await daemon.frame("turn.event", ({ text }) => text === "before");
  await daemon.vanish();
  gone();
  await opened;
  daemon.frames.length = 0;
  await daemon.open();
  await daemon.frame("account.start");
  daemon.send({ t: "turns.ask", id: "q" });
  const known = await daemon.frame("turns.known");
  assert.deepEqual([known.id, known.turns], ["q", [{ turn: "t1", n: 5 }]]);
  assert.deepEqual(kinds(), [], "nothing before the daemon says that it goes on");
  daemon.send({ t: "turns.resume", turns: [{ turn: "t1", n: 2 }] });
  await daemon.frame("turn.event", ({ kind }) => kind === "done");
  const told = daemon.of("turn.event").map(({ n, kind, text }) => [n, kind, text]);
  assert.deepEqual(told, [
    [4, "partial", "before and after"],
    [5, "deliver", "before and after"],
    [6, "done", undefined],
  ]);
});

test("a turn that the daemon does not go on with is stopped", async () => {
  const { opened, open } = gate();
  await started({
    script: ({ replyOptions }) =>
      new Promise((resolve) => {
        open();
        replyOptions.abortSignal.addEventListener("abort", () => resolve(undefined));
      }),
  });
  daemon.send(message("t1"));
  await opened;
  const signal = gateway?.calls[0].replyOptions.abortSignal;
  await daemon.vanish();
  await daemon.open();
  await daemon.frame("account.start", () => daemon.of("account.start").length === 2);
  daemon.send({ t: "turns.resume", turns: [] });
  await new Promise((resolve) => (signal.aborted ? resolve(undefined) : signal.addEventListener("abort", resolve)));
  assert.deepEqual(kinds(), []);
});

test("a turn for an agent or a session of its own is put there", async () => {
  const { calls } = await started({});
  daemon.send(message("t1", { agent: "helper" }));
  daemon.send(message("t2", { session: "agent:main:own" }));
  await daemon.frame("turn.event", ({ turn }) => turn === "t1");
  await daemon.frame("turn.event", ({ turn }) => turn === "t2");
  const routes = Object.fromEntries(calls.map(({ ctxPayload, route }) => [ctxPayload.messageId, route.sessionKey]));
  assert.deepEqual(routes, {
    "msg-t1": "agent:helper:wecom:default:direct:zhangsan",
    "msg-t2": "agent:main:own",
  });
});
