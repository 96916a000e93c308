// A person talks with an app. What the app does meanwhile is in page/called.rs.

import assert from 'node:assert/strict';
import { reached, visit } from './person.mjs';

const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mPQyHuGFTEMLQkA72RfAUS1t+kAAAAASUVORK5CYII=';

await visit(`/#${encodeURIComponent('app:wwPAGE/1000002:zhangwei')}`, async (page) => {
  const box = page.locator('.composer textarea');
  const newest = page.locator('.entry').last();

  await page.locator('.conversation-head h2', { hasText: '审批' }).waitFor();
  assert.equal(await page.locator('.conversation-head .connection').textContent(), '通过回调接收消息');
  await page.locator('.chat', { hasText: '审批' }).locator('.tag', { hasText: '应用' }).waitFor();
  await page.locator('.notice', { hasText: '张伟 进入了会话' }).waitFor();
  const link = newest.getByRole('link', { name: '这里' });
  assert.equal(await link.getAttribute('href'), 'https://example.com/help');
  reached('greeted');

  await box.fill('请假');
  await box.press('Enter');
  const notice = page.locator('.card', { hasText: '规则' });
  await notice.locator('.is-gray', { hasText: '2026 年' }).waitFor();
  await notice.locator('.is-highlight', { hasText: '提前一天' }).waitFor();
  assert.equal(await notice.getByRole('link', { name: '查看详情' }).getAttribute('href'), 'https://example.com/rules');
  const card = page.locator('[data-card="button_interaction"]');
  await card.getByRole('button', { name: '提交' }).click();
  const submitted = card.getByRole('button', { name: '已提交' });
  await submitted.waitFor();
  assert.ok(await submitted.isDisabled());
  reached('submitted');

  await page.locator('.composer input[type=file]').first().setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from(PICTURE, 'base64') });
  await page.locator('.composer img').waitFor();
  assert.equal(await page.getByRole('button', { name: '引用' }).count(), 0, 'apps are not told of quotes');
  await box.press('Enter');
  await page.locator('.is-mine .picture img').waitFor();
  await box.fill('附上照片');
  await box.press('Enter');
  await page.locator('.is-mine .bubble', { hasText: '附上照片' }).waitFor();
  reached('picture');

  await page.getByRole('button', { name: '发送语音' }).click();
  await page.getByLabel('转写文字').fill('谢谢');
  await page.getByRole('dialog').getByRole('button', { name: '发送' }).click();
  await page.locator('.is-mine .voice-text', { hasText: '谢谢' }).waitFor();
  await page.locator('.is-outgoing').waitFor({ state: 'detached' });
  reached('voice');

  await page.locator('.conversation-head').getByRole('button', { name: '故障' }).click();
  await page.getByRole('button', { name: 'XML 实体炸弹' }).click();
  await page.getByText('等待下一次回调的故障：1 个').waitFor();
  await page.getByRole('button', { name: '全部恢复正常' }).click();
  await page.getByText('等待下一次回调的故障：0 个').waitFor();
  await page.getByRole('button', { name: '关闭' }).click();
  reached('faults');

  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.getByRole('button', { name: '返回会话列表' }).click();
  await page.locator('.chat', { hasText: '审批' }).click();
  await submitted.scrollIntoViewIfNeeded();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  assert.ok(!wide, 'nothing is wider than a phone');
});
