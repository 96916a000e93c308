// A person talks with a bot. What the bot does meanwhile is in tests/page/main.rs.

import assert from 'node:assert/strict';
import { reached, visit } from './person.mjs';

await visit(`/#${encodeURIComponent('direct:aibDEMO0001:zhangwei')}`, async (page) => {
  const box = page.locator('.composer textarea');
  const badge = page.locator('.conversation-head .connection');
  const newest = page.locator('.entry').last();

  async function say(text) {
    await box.fill(text);
    await box.press('Enter');
  }

  await page.locator('.conversation-head h2', { hasText: '小助手' }).waitFor();
  assert.equal(await badge.textContent(), '在线');
  await page.locator('.entry .md', { hasText: '你好，有什么可以帮你？' }).waitFor();
  reached('welcomed');

  await say('发一份部署报告');
  await page.locator('.is-mine .bubble', { hasText: '发一份部署报告' }).waitFor();
  await page.locator('.thinking', { hasText: '正在思考' }).waitFor();
  reached('thinking');
  await newest.locator('h3', { hasText: '部署报告' }).waitFor();
  // The bold text has no end yet: it is bold already, and its marks are not seen.
  await newest.locator('strong', { hasText: '收集' }).waitFor();
  await newest.locator('.caret').waitFor();
  assert.equal(await newest.locator('.thinking').count(), 0);
  assert.ok(!(await newest.textContent()).includes('*'));
  reached('growing');
  await newest.locator('blockquote', { hasText: '一切正常' }).waitFor();
  await newest.locator('.caret').waitFor({ state: 'detached' });
  await readReport(page, newest);
  reached('finished');

  await say('讲个故事');
  const stop = page.getByRole('button', { name: '停止回复' });
  await newest.locator('.caret').waitFor();
  await stop.click();
  await page.locator('.md', { hasText: '（已停止）' }).waitFor();
  await stop.waitFor({ state: 'hidden' });
  assert.deepEqual(await page.locator('.is-mine .bubble').allTextContents(), ['发一份部署报告', '讲个故事', '/stop']);
  reached('stopped');

  const told = page.locator('.entry', { hasText: '（已停止）' });
  await told.hover();
  await told.getByRole('button', { name: '引用' }).click();
  await say('这是什么意思？');
  await page.locator('.is-mine .quoted', { hasText: '（已停止）' }).waitFor();
  const card = page.locator('[data-card="button_interaction"]');
  await card.getByRole('heading', { name: '请假申请' }).waitFor();
  await card.getByLabel('意见').selectOption('太忙');
  await card.getByRole('button', { name: '批准' }).click();
  const pressed = card.getByRole('button', { name: '批准 ✓' });
  await pressed.waitFor();
  assert.ok(await pressed.isDisabled());
  assert.equal(await card.locator('.card-button').count(), 1);
  reached('card');

  const group = page.locator('.chat', { hasText: '项目讨论组' });
  await group.locator('.badge', { hasText: '1' }).waitFor();
  reached('unread');
  await group.click();
  assert.equal(await box.inputValue(), '@小助手 ');
  await box.pressSequentially('大家好');
  await box.press('Enter');
  await page.locator('.entry .sender', { hasText: '王芳' }).waitFor();
  await newest.locator('.md', { hasText: '大家好，我是小助手。' }).waitFor();
  assert.equal(await group.locator('.badge').count(), 0);
  reached('group');

  await page.locator('.rail').getByRole('button', { name: '故障' }).click();
  await page.getByRole('button', { name: '断开连接' }).click();
  await page.getByRole('button', { name: '关闭' }).click();
  await badge.filter({ hasText: '离线' }).waitFor();
  await box.pressSequentially('在吗');
  await box.press('Enter');
  await newest.locator('.entry-status', { hasText: '机器人离线，消息未送达' }).waitFor();
  reached('offline');
  await badge.filter({ hasText: '在线' }).waitFor();
  reached('online');
});

/** Checks the Markdown of the bot's report, and that nothing in it came alive. */
async function readReport(page, entry) {
  assert.deepEqual(await entry.locator('.md > ol > li').count(), 2);
  assert.equal(await entry.locator('li li').textContent(), '灰度');
  assert.deepEqual(await entry.locator('th').allTextContents(), ['服务', '耗时']);
  assert.deepEqual(await entry.locator('td').allTextContents(), ['api', '12 ms']);
  assert.equal(await entry.locator('p code').first().textContent(), 'cargo test');
  const link = entry.getByRole('link', { name: '日志' });
  assert.equal(await link.getAttribute('href'), 'https://ci.example/4711');
  assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow');

  const code = 'fn main() { println!("<b>你好</b>"); }';
  assert.equal(await entry.locator('pre').textContent(), code);
  await entry.getByRole('button', { name: '复制代码' }).click();
  await entry.getByRole('button', { name: '已复制' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), code);

  assert.equal(await entry.locator('img').count(), 0);
  assert.equal(await entry.getByRole('link').count(), 1);
  const last = await entry.locator('.md > p').last().textContent();
  assert.equal(last, `<img src=x onerror="document.title='hacked'"> [点我](javascript:alert(1))`);
  assert.ok(!(await page.title()).includes('hacked'));
}
