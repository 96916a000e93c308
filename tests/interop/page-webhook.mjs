// A person talks with a bot that is called. What it answers is in page/called.rs.

import assert from 'node:assert/strict';
import { reached, visit } from './person.mjs';

await visit(`/#${encodeURIComponent('direct:aibDEMO0001:zhangwei')}`, async (page) => {
  const box = page.locator('.composer textarea');
  const newest = page.locator('.entry').last();

  await page.locator('.entry .md', { hasText: '你好' }).waitFor();
  assert.equal(await page.locator('.conversation-head .connection').textContent(), '通过 Webhook 接收消息');
  reached('welcomed');

  await box.fill('画一张图');
  await box.press('Enter');
  await newest.locator('.md', { hasText: '画好了' }).waitFor();
  const drawn = newest.locator('.stream-pictures img');
  await drawn.waitFor();
  await page.waitForFunction((image) => image.naturalWidth === 8, await drawn.elementHandle());
  assert.equal(await drawn.count(), 1);
  reached('drawn');
});
