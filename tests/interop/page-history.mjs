// A person reads a chat of 300 messages from its end to its beginning.

import assert from 'node:assert/strict';
import { reached, visit } from './person.mjs';

await visit(`/#${encodeURIComponent('direct:aibDEMO0001:liuyang')}`, async (page) => {
  const entries = page.locator('.entry');
  const scroller = page.locator('.transcript');
  const gap = () => scroller.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);

  await entries.filter({ hasText: '第 300 条消息' }).waitFor();
  assert.ok(await entries.count() < 100, 'a long history is drawn in part');
  assert.ok(await gap() < 2, 'a chat opens at its end');
  reached('at the end');

  const first = entries.filter({ hasText: /第 1 条消息/ });
  while (await first.count() === 0) {
    await scroller.evaluate((element) => new Promise((done) => {
      element.addEventListener('scroll', done, { once: true });
      element.scrollTop -= 800;
    }));
  }
  assert.deepEqual(
    await entries.locator('.bubble').allTextContents(),
    Array.from({ length: 300 }, (_, index) => `第 ${index + 1} 条消息`),
  );
  const before = await scroller.evaluate((element) => element.scrollTop);
  reached('at the beginning');

  const pill = page.getByRole('button', { name: '1 条新消息' });
  await pill.waitFor();
  assert.equal(await scroller.evaluate((element) => element.scrollTop), before, 'a new message does not move the reader');
  await pill.click();
  await entries.filter({ hasText: '最后一条' }).waitFor();
  await pill.waitFor({ state: 'hidden' });
  assert.ok(await gap() < 2);
  reached('told');
});
