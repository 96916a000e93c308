// What the page makes of Markdown, finished and growing, friendly and hostile.

import assert from 'node:assert/strict';
import { visit } from './person.mjs';

/** Markdown, and the HTML it becomes. */
const FINISHED = [
  ['**粗**、*斜*、~~删~~、`码`', '<p><strong>粗</strong>、<em>斜</em>、<s>删</s>、<code>码</code></p>'],
  ['***both***', '<p><strong><em>both</em></strong></p>'],
  ['snake_case_name and 2 * 3 * 4', '<p>snake_case_name and 2 * 3 * 4</p>'],
  ['中文**粗体**中文', '<p>中文<strong>粗体</strong>中文</p>'],
  ['**open', '<p>**open</p>'],
  ['a `` ` `` b', '<p>a <code>`</code> b</p>'],
  ['\\*not\\*', '<p>*not*</p>'],
  ['one\ntwo', '<p>one<br>two</p>'],
  ['one\n\ntwo', '<p>one</p><p>two</p>'],
  ['# 一\n## 二 ##', '<h3 class="h1">一</h3><h4 class="h2">二</h4>'],
  ['#tag', '<p>#tag</p>'],
  ['- a\n- b\n  - c', '<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>'],
  ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
  ['1. a\n\n2. b', '<ol><li>a</li><li>b</li></ol>'],
  ['> a\n> b', '<blockquote><p>a<br>b</p></blockquote>'],
  ['a\n\n---', '<p>a</p><hr>'],
  ['| a | b |\n| --- | :-: |\n| 1 | x\\|y |', '<div class="table" tabindex="0" role="group"><table><thead><tr><th scope="col">a</th><th class="align-center" scope="col">b</th></tr></thead><tbody><tr><td>1</td><td class="align-center">x|y</td></tr></tbody></table></div>'],
  ['a | b', '<p>a | b</p>'],
  ['[x](https://a.example/?q=1&r=2)', '<p><a href="https://a.example/?q=1&amp;r=2" target="_blank" rel="noopener noreferrer nofollow">x</a></p>'],
  ['见 https://a.example/b。', '<p>见 <a href="https://a.example/b" target="_blank" rel="noopener noreferrer nofollow">https://a.example/b</a>。</p>'],
  ['&lt;think&gt; &amp;', '<p>&lt;think&gt; &amp;</p>'],
  // Nothing of this may become an element or a link that runs.
  ['<script>alert(1)</script>', '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>'],
  ['[x](javascript:alert(1))', '<p>[x](javascript:alert(1))</p>'],
  ['[x](data:text/html,hi)', '<p>[x](data:text/html,hi)</p>'],
  ['![x](http://a.example/i.png)', '<p><a href="http://a.example/i.png" target="_blank" rel="noopener noreferrer nofollow">x</a></p>'],
  ['<javascript:alert(1)>', '<p>&lt;javascript:alert(1)&gt;</p>'],
];

/** The beginning of a text that is still being written. */
const GROWING = [
  ['a **bo', '<p>a <strong>bo</strong>|</p>'],
  ['a **', '<p>a |</p>'],
  ['a `co', '<p>a <code>co</code>|</p>'],
  ['a [te', '<p>a [te|</p>'],
  ['a [text](htt', '<p>a text|</p>'],
  ['a\n\n-', '<p>a|</p>'],
  ['a\n\n| b | c |\n| --', '<p>a|</p>'],
  ['- a\n- b', '<ul><li>a</li><li>b|</li></ul>'],
];

/** Texts that a careless parser needs for ever. */
const LARGE = ['*a '.repeat(7_000), '['.repeat(20_000), '`a``'.repeat(5_000), '> '.repeat(10_000), '- '.repeat(10_000), '|'.repeat(20_000), '\n\n- a\n'.repeat(3_000), '**a_'.repeat(5_000), '_'.repeat(20_000), '#'.repeat(20_000), ' '.repeat(20_000), 'h'.repeat(20_000), '<think>'.repeat(3_000)];

/** A chat is drawn while one reads: longer than this for one message would be felt, in ms. */
const SLOWEST = 2_000;

await visit('/', async (page) => {
  const draw = (text, growing) => page.evaluate(async ([markdown, more]) => {
    const { MarkdownView } = await import('/markdown.js');
    const view = new MarkdownView();
    view.show(markdown, more);
    return view.element.innerHTML.replace('<span class="caret" aria-hidden="true"></span>', '|');
  }, [text, growing]);

  for (const [markdown, html] of FINISHED) assert.equal(await draw(markdown, false), html, markdown);
  for (const [markdown, html] of GROWING) assert.equal(await draw(markdown, true), html, markdown);

  for (const text of LARGE) {
    const start = performance.now();
    await draw(text, true);
    const took = performance.now() - start;
    assert.ok(took < SLOWEST, `${JSON.stringify(text.slice(0, 12))}… took ${took} ms`);
  }

  // A message that grows letter by letter ends as it is drawn at once.
  const whole = FINISHED.map(([markdown]) => markdown).join('\n\n');
  const same = await page.evaluate(async (markdown) => {
    const { MarkdownView } = await import('/markdown.js');
    const [grown, once] = [new MarkdownView(), new MarkdownView()];
    for (let end = 1; end < markdown.length; end += 1) grown.show(markdown.slice(0, end), true);
    grown.show(markdown, false);
    once.show(markdown, false);
    return grown.element.innerHTML === once.element.innerHTML;
  }, whole);
  assert.ok(same);

  const reasoning = await page.evaluate(async () => {
    const { splitReasoning } = await import('/reasoning.js');
    return ['<think></think>', '<think>a', '<think>a</think>\n\nb', '<thi', 'b <think>', 'b'].map(splitReasoning);
  });
  assert.deepEqual(reasoning, [
    { reasoning: '', open: false, answer: '' },
    { reasoning: 'a', open: true, answer: '' },
    { reasoning: 'a', open: false, answer: 'b' },
    { reasoning: '', open: true, answer: '' },
    { reasoning: '', open: false, answer: 'b <think>' },
    { reasoning: '', open: false, answer: 'b' },
  ]);
});
