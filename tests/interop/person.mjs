// A person at the chat page: a browser, and a notebook of everything that went wrong.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

/** Each wait ends by its condition; only a failure waits so long, in ms. Less than the
 * other side waits, so that it is said here what was missing. */
const DEADLINE = 20_000;

const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** The test on the other side may go on. */
export function reached(step) {
  console.log(step);
}

/**
 * Opens the page, lets `visit` use it, and fails if the page failed in any way:
 * an exception, an error on the console (a breach of the content policy is one), or a
 * request to another server.
 */
export async function visit(path, use) {
  const url = new URL(process.argv[2]);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: QUIET });
  try {
    const context = await browser.newContext({
      locale: 'zh-CN', viewport: { width: 1280, height: 840 }, permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    page.setDefaultTimeout(DEADLINE);
    const problems = [];
    page.on('pageerror', (error) => problems.push(String(error.stack)));
    page.on('console', (message) => { if (message.type() === 'error') problems.push(message.text()); });
    page.on('request', (request) => { if (new URL(request.url()).origin !== url.origin) problems.push(`request to ${request.url()}`); });
    await page.goto(new URL(path, url).href);
    await use(page);
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
}
