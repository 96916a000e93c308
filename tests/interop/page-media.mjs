// A person sends pictures, files and voice, quotes them and presses a card. What the bot
// does meanwhile is in tests/interop/page/media.rs.

import assert from 'node:assert/strict';
import { reached, visit } from './person.mjs';

const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mPQyHuGFTEMLQkA72RfAUS1t+kAAAAASUVORK5CYII=';
const picture = (name) => ({ name, mimeType: 'image/png', buffer: Buffer.from(PICTURE, 'base64') });
const file = { name: '日报.txt', mimeType: 'text/plain', buffer: Buffer.from('完成') };

await visit(`/#${encodeURIComponent('direct:aibDEMO0001:zhangwei')}`, async (page) => {
  const box = page.locator('.composer textarea');
  const newest = page.locator('.entry').last();
  const mine = page.locator('.entry.is-mine').last();
  const tray = page.locator('.tray-item');
  /** The first that a button opens a chooser for. */
  async function choose(button, files) {
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: button }).click();
    await (await chooser).setFiles(files);
  }
  /** Files as the clipboard and a drag carry them. */
  const transfer = () => page.evaluateHandle((data) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], 'image.png', { type: 'image/png' }));
    return carried;
  }, PICTURE);
  const isShown = (image) => image.evaluate(async (element) => { await element.decode(); return element.naturalWidth; });

  await page.locator('.conversation-head h2', { hasText: '小助手' }).waitFor();
  await choose('发送图片或视频', [picture('蓝.png')]);
  assert.equal(await isShown(tray.locator('img')), 8);
  await box.press('Enter');
  const sent = mine.locator('a.picture img');
  assert.equal(await isShown(sent), 8);
  assert.equal(await sent.getAttribute('alt'), '图片 蓝.png');
  assert.equal(await tray.count(), 0);
  reached('picture');

  const card = page.locator('[data-card="button_interaction"]');
  await card.getByRole('button', { name: '好' }).click();
  await card.getByRole('button', { name: '已选用' }).waitFor();
  reached('updated');

  await page.locator('.composer textarea').evaluate((element, carried) => {
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: carried, bubbles: true, cancelable: true }));
  }, await transfer());
  await tray.first().locator('img').waitFor();
  const dropped = await transfer();
  await page.locator('.transcript').dispatchEvent('dragover', { dataTransfer: dropped });
  await page.locator('.conversation.is-target').waitFor();
  await page.locator('.transcript').dispatchEvent('drop', { dataTransfer: dropped });
  await tray.nth(1).locator('img').waitFor();
  await choose('发送文件', [file, picture('不要.png')]);
  await tray.nth(3).waitFor();
  await page.getByRole('button', { name: '移除 不要.png' }).click();
  assert.equal(await tray.count(), 3);
  await page.locator('.tray-item.is-busy').first().waitFor({ state: 'detached' });
  await box.fill('这些都放进周报');
  await box.press('Enter');
  await mine.locator('.mixed .plain', { hasText: '这些都放进周报' }).waitFor();
  assert.equal(await mine.locator('a.picture').count(), 2);
  const link = mine.getByRole('link', { name: '下载 日报.txt' });
  assert.equal(await link.getAttribute('download'), '日报.txt');
  assert.equal(await link.locator('.file-size').textContent(), '6 B');
  reached('mixed');

  await page.getByRole('button', { name: '发送语音' }).click();
  await page.keyboard.type('明天九点提醒我');
  await page.getByRole('dialog').getByRole('button', { name: '发送' }).click();
  await mine.locator('.voice-text', { hasText: '明天九点提醒我' }).waitFor();
  reached('voice');

  const first = page.locator('.entry', { has: page.getByAltText('图片 蓝.png') }).first();
  await first.hover();
  await first.getByRole('button', { name: '引用' }).click();
  await page.locator('.quote-bar img').waitFor();
  await box.fill('这是什么颜色？');
  await box.press('Enter');
  await page.locator('.is-mine .quoted', { hasText: '张伟: [图片]' }).locator('img').waitFor();
  await newest.locator('.md', { hasText: '一张蓝色的图。' }).waitFor();
  const bad = newest.getByRole('button', { name: '回答不准确' });
  await bad.click();
  const dialog = page.getByRole('dialog', { name: '回答不准确' });
  await dialog.getByLabel('内容不完整').check();
  await dialog.getByLabel('补充说明').fill('太短');
  await dialog.getByRole('button', { name: '提交反馈' }).click();
  await page.locator('.rating[aria-pressed="true"]').waitFor();
  await page.locator('.rating[aria-pressed="true"]').click();
  await page.locator('.rating[aria-pressed="true"]').waitFor({ state: 'detached' });
  reached('rated');

  await page.locator('a.picture').first().focus();
  await page.keyboard.press('Enter');
  const lightbox = page.getByRole('dialog', { name: '图片' });
  await lightbox.getByAltText('图片 蓝.png').waitFor();
  await page.keyboard.press('ArrowRight');
  await lightbox.getByAltText('图片 image.png').waitFor();
  await page.keyboard.press('Escape');
  await lightbox.waitFor({ state: 'detached' });
  assert.ok(await page.locator('a.picture').first().evaluate((element) => element === document.activeElement));
  reached('looked');

  await page.locator('.chat', { hasText: '项目讨论组' }).click();
  await box.fill('');
  await choose('发送图片或视频', [picture('蓝.png')]);
  await page.locator('.composer-hint', { hasText: '没有 @小助手' }).waitFor();
  await box.press('Enter');
  await mine.locator('.entry-status', { hasText: '没有提及机器人' }).waitFor();
  reached('unheard');
  await choose('发送图片或视频', [picture('蓝.png')]);
  await page.locator('.tray-item img').waitFor();
  await box.press('Enter');
  await mine.locator('.mixed .mention', { hasText: '@小助手' }).waitFor();
  assert.equal(await mine.locator('.entry-status').textContent(), '');
  reached('heard');

  await page.locator('.rail').getByRole('button', { name: '故障' }).click();
  await page.getByLabel('读取成员文档的内容').uncheck();
  await page.getByRole('button', { name: '通知机器人权限变更' }).click();
  await page.locator('.notice', { hasText: '张伟 更改了机器人的文档权限' }).waitFor();
});
