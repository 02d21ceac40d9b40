// Drives the system's Chromium through a login: `node browser.mjs < play.json`, where the play is
// {"url": …, "steps": [{"fill": ["selector", "text"]}, {"click": "selector"}, {"expect": "text"}, {"goto": "url"},
// {"arrive": "beginning of a url"}, {"focus": "selector"}, {"press": "Enter"}, {"select": ["selector", "value"]},
// {"check": "selector"}, {"uncheck": "selector"}, {"gone": "text"}, {"see": "selector"}, {"drag": ["selector", "selector"]},
// {"shot": "name"}, {"unharmed": true}, {"shows": "text"}, {"mark": true}, {"marked": true}, {"tab": "selector"} (Tab, until
// that has the focus), {"type": "text"}, {"view": "name"} (a picture of what is in sight alone), {"fits": true} (nothing is wider
// than the screen), {"copied": "selector"} (what it says is in the clipboard), {"download": ["selector", "text in the file"]},
// {"tell": ["word", "selector"]} (prints {"tells": [word, what that says]} once the page hears of changes)],
// "name": "…", "shots": "folder", "state": "file", "script": true, "dark": false, "axe": true, "language": "de", "device":
// "Pixel 7"}. `state` keeps cookies from one play to the next; a `device` is held in the hand: touched, of one size. Every step
// has ten seconds. With "axe", axe-core looks at each page that a picture is taken of, at both widths. Prints one JSON object:
// {"ok", "failed", "url", "title", "text", "console", "csp", "external", "overflow", "shots", "axe", "dialogs", "keys"}; what was
// complained of or asked of elsewhere is told with the page on which it was; `keys` is how many keys were pressed.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, devices } from 'playwright-core';

const input = await new Promise((resolve) => {
  let text = '';
  process.stdin.setEncoding('utf8').on('data', (piece) => { text += piece; }).on('end', () => resolve(text));
});
const play = JSON.parse(input);
const PATIENCE = 10_000;
const held = play.device ? devices[play.device] : null;
const WIDTHS = held ? [[held.viewport.width, held.viewport.height]] : [[1280, 800], [390, 844]];

const found = [process.env.BRIDGE_TEST_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  .find((path) => path && existsSync(path));
const browser = await chromium.launch({ executablePath: found, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
const context = await browser.newContext({
  ...(held ?? { viewport: { width: WIDTHS[0][0], height: WIDTHS[0][1] } }),
  permissions: ['clipboard-read', 'clipboard-write'],
  javaScriptEnabled: play.script ?? true,
  colorScheme: play.dark ? 'dark' : 'light',
  locale: play.language ?? 'en',
  storageState: play.state && existsSync(play.state) ? play.state : undefined,
});
context.setDefaultTimeout(PATIENCE);
const page = await context.newPage();

const seen = { console: [], csp: [], external: [], shots: [], overflow: [], axe: [], dialogs: [], keys: 0 };
const axe = play.axe ? readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8') : null;
const isHere = (url) => /^(data|blob|about):/.test(url) || ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
page.on('request', (request) => { if (!isHere(request.url())) seen.external.push({ url: request.url(), on: page.url() }); });
page.on('console', (message) => {
  const text = message.text();
  if (/content security policy/i.test(text)) seen.csp.push({ text, on: page.url() });
  // A page that refuses a form has the status 422, which is written to the console and meant so.
  else if (message.type() === 'error' && !/status of 422 /.test(text)) seen.console.push({ text, on: page.url() });
});
// What a page says in a box of the browser is something that was made to run.
page.on('dialog', (dialog) => { seen.dialogs.push({ text: dialog.message(), on: page.url() }); dialog.dismiss().catch(() => {}); });
page.on('pageerror', (error) => seen.console.push({ text: String(error), on: page.url() }));
// Nothing leaves this machine, whatever a page wants.
await context.route((url) => !isHere(url.href), (route) => route.abort());

const isWide = () => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth).catch(() => false);

// Whatever reaches beyond the screen, unless it stands in a box that scrolls by itself.
async function fits() {
  if (!await isWide()) return;
  const wide = await page.evaluate(() => [...document.querySelectorAll('main *, header *')]
    .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((one) => one.outerHTML.slice(0, 120)));
  seen.overflow.push({ on: page.url(), wide: wide.slice(0, 5) });
}

// What is in sight, and nothing else.
async function view(name) {
  if (!play.shots) return;
  mkdirSync(play.shots, { recursive: true });
  const path = join(play.shots, `${name}-${page.viewportSize().width}.png`);
  await page.screenshot({ path, scale: 'css' });
  seen.shots.push(path);
}

async function shot(name) {
  if (!play.shots) return;
  mkdirSync(play.shots, { recursive: true });
  for (const [width, height] of WIDTHS) {
    if (!held) await page.setViewportSize({ width, height });
    const path = join(play.shots, `${name}-${width}.png`);
    await page.screenshot({ path, fullPage: true, scale: 'css' });
    seen.shots.push(path);
    if (await isWide()) seen.overflow.push(`${name} at ${width}`);
    if (axe) {
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      for (const { id, help, nodes } of violations) {
        seen.axe.push({ id, help, on: `${name} at ${width}`, nodes: nodes.slice(0, 5).map((node) => node.html.slice(0, 200)) });
      }
    }
  }
  if (!held) await page.setViewportSize({ width: WIDTHS[0][0], height: WIDTHS[0][1] });
}

function press(key) {
  seen.keys += 1;
  return page.keyboard.press(key);
}

// As far as Tab leads to it, and no further.
async function tab(selector) {
  for (let n = 0; n < 300; n += 1) {
    await press('Tab');
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  throw new Error('Tab does not lead there');
}

async function copied(selector) {
  const look = () => page.evaluate(async (at) => {
    const element = document.querySelector(at);
    return [await navigator.clipboard.readText(), element.value ?? element.textContent.trim()];
  }, selector);
  let [is, wanted] = await look();
  for (let n = 0; n < 100 && is !== wanted; n += 1) {
    await page.waitForTimeout(50);
    [is, wanted] = await look();
  }
  if (is !== wanted) throw new Error(`the clipboard holds ${is}, not ${wanted}`);
}

async function download([selector, text]) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator(selector).first().click()]);
  const content = readFileSync(await file.path(), 'utf8');
  if (!content.includes(text)) throw new Error(`${file.suggestedFilename()} holds no ${text}: ${content.slice(0, 500)}`);
}

// A page that hears of changes hears before anything is told that leads to one.
async function tell([word, selector]) {
  const hears = () => page.evaluate(() => typeof source === 'undefined' || source === null || source.readyState === EventSource.OPEN);
  for (let n = 0; n < 200 && !await hears(); n += 1) await page.waitForTimeout(25);
  const says = selector ? (await page.locator(selector).first().textContent()).trim() : '';
  console.log(JSON.stringify({ tells: [word, says] }));
}

// That a page is made of nothing but what we make pages of, whatever stands on it.
async function unharmed() {
  const found = await page.evaluate(() => {
    const bad = [];
    const leadsAstray = (url) => URL.parse(url, location.href)?.hostname === 'evil.example';
    const strange = 'base, iframe, frame, frameset, object, embed, applet, style, video, audio, math, marquee, portal, plaintext, xmp';
    for (const one of document.querySelectorAll('*')) {
      const shown = one.outerHTML.slice(0, 200);
      for (const { name, value } of one.attributes) {
        if (name.startsWith('on') || name === 'style' || name === 'srcdoc') bad.push(shown);
        if (/^\s*(javascript|vbscript):/i.test(value) && ['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name)) bad.push(shown);
        if (['href', 'src', 'action', 'formaction'].includes(name) && leadsAstray(value)) bad.push(shown);
      }
      if (one.matches(strange)) bad.push(shown);
      if (one.matches('script') && !one.getAttribute('src')?.startsWith('/assets/script-')) bad.push(shown);
      if (one.matches('meta[http-equiv]')) bad.push(shown);
    }
    return bad;
  });
  if (found.length > 0) throw new Error(`it holds ${found.slice(0, 3).join(' and ')} on ${page.url()}`);
}

// That a text stands on the page as it is, but for the space in it.
async function shows(text) {
  const is = await page.evaluate((wanted) => {
    const plain = (some) => some.replace(/\s+/g, ' ').trim();
    const values = [...document.querySelectorAll('input, textarea')].map((field) => field.value);
    return [document.body.textContent, ...values].some((some) => plain(some).includes(plain(wanted)));
  }, text);
  if (!is) throw new Error(`it does not show ${text} on ${page.url()}`);
}

async function take(step) {
  if (step.goto) return page.goto(step.goto);
  if (step.fill) return page.locator(step.fill[0]).first().fill(step.fill[1]);
  if (step.click) return held ? page.locator(step.click).first().tap() : page.locator(step.click).first().click();
  if (step.focus) return page.locator(step.focus).first().focus();
  if (step.press) return press(step.press);
  if (step.tab) return tab(step.tab);
  if (step.type) { seen.keys += step.type.length; return page.keyboard.type(step.type); }
  if (step.arrive) return page.waitForURL((url) => url.href.startsWith(step.arrive));
  if (step.expect) return page.getByText(step.expect).first().waitFor();
  if (step.select) return page.locator(step.select[0]).first().selectOption(step.select[1]);
  if (step.check) return page.locator(step.check).first().check();
  if (step.uncheck) return page.locator(step.uncheck).first().uncheck();
  if (step.gone) return page.getByText(step.gone).first().waitFor({ state: 'hidden' });
  if (step.see) return page.locator(step.see).first().waitFor();
  // Onto the upper edge: what is dropped in the middle of a row may land on either side of it.
  if (step.drag) return page.locator(step.drag[0]).first().dragTo(page.locator(step.drag[1]).first(), { targetPosition: { x: 8, y: 4 } });
  if (step.shot) return shot(step.shot);
  if (step.view) return view(step.view);
  if (step.fits) return fits();
  if (step.copied) return copied(step.copied);
  if (step.download) return download(step.download);
  if (step.tell) return tell(step.tell);
  if (step.unharmed) return unharmed();
  if (step.shows) return shows(step.shows);
  // What somebody does meanwhile in another window.
  if (step.aside) {
    const other = await page.context().newPage();
    await other.goto(step.aside.goto);
    await other.locator(step.aside.fill[0]).first().fill(step.aside.fill[1]);
    await other.locator(step.aside.click).first().click();
    await other.getByText(step.aside.expect).first().waitFor();
    return other.close();
  }
  if (step.mark) return page.evaluate(() => { window.isMarked = true; });
  if (step.marked) {
    if (!await page.evaluate(() => window.isMarked === true)) throw new Error('the page was loaded anew');
    return undefined;
  }
  throw new Error(`no such step: ${JSON.stringify(step)}`);
}

let failed = null;
try {
  await page.goto(play.url);
  for (const [place, step] of (play.steps ?? []).entries()) {
    await take(step).catch((error) => { throw new Error(`step ${place + 1} ${JSON.stringify(step)}: ${error.message}`); });
  }
} catch (error) {
  failed = error.message;
}
if (play.name) await shot(failed ? `${play.name}-failed` : play.name).catch(() => {});
if (play.state) await context.storageState({ path: play.state });
const text = await page.locator('body').innerText().catch(() => '');
console.log(JSON.stringify({ ok: failed === null, failed, url: page.url(), title: await page.title().catch(() => ''), text, ...seen }));
await browser.close();
