import assert from "node:assert/strict";
import { test } from "node:test";

import { applyAccountConfig, inspectAccount, listAccountIds, resolveAccount } from "../accounts.js";
import { bare, chatTypeOf, peerOf } from "../names.js";

const of = (/** @type {any} */ wecom) => ({ channels: { wecom } });

test("an account has the section's keys and its own over them", () => {
  const cfg = of({ dmPolicy: "open", defaultAccount: "lab", accounts: { hq: { botId: "b", secret: "s" }, lab: { enabled: false } } });
  assert.deepEqual(listAccountIds(cfg), ["hq", "lab"]);
  assert.deepEqual(resolveAccount(cfg, "hq").config, { dmPolicy: "open", botId: "b", secret: "s" });
  assert.deepEqual(inspectAccount(cfg), { accountId: "lab", enabled: false, configured: false });
  assert.deepEqual(inspectAccount(of({ token: "t", encodingAESKey: "k" })), {
    accountId: "default",
    enabled: true,
    configured: true,
  });
  assert.deepEqual(listAccountIds({}), ["default"]);
});

test("a second account moves the first beside it", () => {
  const first = applyAccountConfig({ cfg: {}, input: { token: "bot-1:se:cret" } });
  assert.deepEqual(first.channels.wecom, { botId: "bot-1", secret: "se:cret", enabled: true });
  const input = { token: "bot-2", secret: "other", name: "Lab" };
  const second = applyAccountConfig({ cfg: of({ ...first.channels.wecom, dmPolicy: "open" }), accountId: "lab", input });
  assert.deepEqual(second.channels.wecom, {
    enabled: true,
    dmPolicy: "open",
    accounts: {
      default: { botId: "bot-1", secret: "se:cret" },
      lab: { botId: "bot-2", secret: "other", name: "Lab", enabled: true },
    },
  });
});

test("targets keep their case and lose the channel's name", () => {
  assert.equal(bare(" WeCom:user:ZhangSan "), "user:ZhangSan");
  assert.equal(bare("wecom-agent:party:1"), "party:1");
  assert.equal(bare("qywx:"), undefined);
  assert.deepEqual(
    ["user:a", "group:wrX", "party:1", "wrAbCdEfGh12", "LiSi"].map(chatTypeOf),
    ["direct", "group", "group", "group", "direct"],
  );
  assert.deepEqual(peerOf("wecom:group:wrAbC"), { kind: "group", id: "wrAbC" });
});
