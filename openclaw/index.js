/**
 * What OpenClaw loads. `spec.js` is written beside this file by `wecom openclaw setup`: the
 * tool as the installed program announces it, and the program's version.
 */
import { createPlugin } from "./plugin.js";
import { TOOL, VERSION } from "./spec.js";

export default createPlugin({ version: VERSION, tool: TOOL });
