/** Names that OpenClaw and the daemon know us by. */

/** The plugin's id, which is also the channel's. */
export const CHANNEL = "wecom";

/** What may stand before a target. */
export const PREFIXES = ["wecom", "qywx", "wework", "wechatwork", "wecom-agent"];

const PREFIX = new RegExp(`^(?:${PREFIXES.join("|")}):`, "i");

/** A target without the channel's name; its case is kept, for WeCom's ids have one. */
export function bare(/** @type {string} */ raw) {
  const target = raw.trim().replace(PREFIX, "").trim();
  return target === "" ? undefined : target;
}

/** Whether a target means one member or a group of people. */
export function chatTypeOf(/** @type {string} */ to) {
  const target = bare(to) ?? "";
  const isGroup = /^(?:group|chat|party|tag):/i.test(target) || /^wr[A-Za-z0-9_-]{8,}$/.test(target);
  return isGroup ? "group" : "direct";
}

/** A target without what says of which kind it is. */
export function peerOf(/** @type {string} */ to) {
  const target = bare(to) ?? "";
  return { kind: chatTypeOf(to), id: target.replace(/^(?:user|group|chat):/i, "") };
}
