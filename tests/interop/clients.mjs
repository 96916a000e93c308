// Drives MCP clients of both official TypeScript packages as its standard input says, and
// prints what they answer and see. The protocol is described in peer.rs; what the methods
// take and give, in clients/mod.rs.

import { createInterface } from 'node:readline';
import * as v2 from '@modelcontextprotocol/client';
import { SkillsClient } from '@modelcontextprotocol/client/ext/skills';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResultSchema } from '@modelcontextprotocol/sdk/types.js';

const ABOUT = { name: 'interop', version: '1.0.0' };

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

/** Where the packages differ. */
const PACKAGES = {
  v1: {
    create: () => new ClientV1(ABOUT),
    http: (url, options) => new HttpV1(url, options),
    stdio: (options) => new StdioV1(options),
    call: (client, params, options) => client.callTool(params, undefined, options),
    // It knows nothing of skills, but lets its user send any request.
    skills: async (client) => {
      const { skills } = await client.request({ method: 'skills/list' }, ResultSchema);
      const read = await Promise.all(skills.map(async ({ uri, frontmatter }) => {
        const { contents } = await client.readResource({ uri });
        return { name: frontmatter.name, files: { [uri]: contents[0].text } };
      }));
      return { read, refused: [] };
    },
  },
  v2: {
    create: (revision) => new v2.Client(ABOUT, {
      versionNegotiation: { mode: revision === undefined ? 'legacy' : { pin: revision } },
    }),
    http: (url, options) => new v2.StreamableHTTPClientTransport(url, options),
    stdio: (options) => new StdioV2(options),
    call: (client, params, options) => client.callTool(params, options),
    // Every file of every skill, its size, digest and front matter checked by the client.
    skills: async (client) => {
      const host = new SkillsClient(client, { skipInvalid: true });
      const { skills, invalid } = await host.list();
      const read = await Promise.all(skills.map(async (skill) => {
        const files = {};
        for (const { uri } of skill.resources) {
          const file = await host.read(skill, uri);
          if (!file.verified) throw new Error(`${uri} was not verified`);
          files[uri] = new TextDecoder().decode(file.bytes);
        }
        return { name: skill.frontmatter.name, files };
      }));
      return { read, refused: invalid.map(({ uri }) => uri) };
    },
  },
};

/** @type {Map<string, { client: object, its: object }>} */
const clients = new Map();

async function connect(name, { sdk, revision, url, token, command, args, env }) {
  const its = PACKAGES[sdk];
  const client = its.create(revision);
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const transport = url === undefined
    ? its.stdio({ command, args, env, stderr: 'inherit' })
    : its.http(new URL(url), { requestInit: { headers } });
  // The first package tells its transport the revision, and nobody else.
  let told;
  const tell = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (version) => {
    told = version;
    tell?.(version);
  };
  await client.connect(transport);
  clients.set(name, { client, its });
  return {
    revision: client.getNegotiatedProtocolVersion?.() ?? told,
    server: client.getServerVersion(),
    capabilities: client.getServerCapabilities(),
    instructions: client.getInstructions(),
  };
}

async function interrupt({ client, its }, params) {
  const abort = new AbortController();
  const call = its.call(client, params, {
    signal: abort.signal,
    onprogress: () => abort.abort('the caller gave up'),
  });
  return call.then(() => false, (error) => {
    if (!abort.signal.aborted) throw error;
    return true;
  });
}

async function callTool(name, { client, its }, params) {
  return its.call(client, params, {
    onprogress: (progress) => say({ client: name, event: 'progress', args: [progress] }),
  });
}

async function perform(name, method, params) {
  if (method === 'connect') return connect(name, params);
  const connection = clients.get(name);
  const { client, its } = connection;
  switch (method) {
    case 'callTool': return callTool(name, connection, params);
    case 'interruptTool': return interrupt(connection, params);
    case 'skills': return its.skills(client);
    case 'close': return client.close();
    default: return client[method](params);
  }
}

async function obey({ id, client, method, args }) {
  try {
    say({ id, result: await perform(client, method, args[0]) ?? null });
  } catch ({ name, message, code, data }) {
    say({ id, error: { name, message, code, data } });
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => void obey(JSON.parse(line)))
  .on('close', () => process.exit(0));
