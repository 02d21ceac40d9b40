// Drives the system's Chromium, of which there is one for all plays: `node browser.mjs`, told of plays by its input, a line of JSON
// each: {"id": 1, "play": {…}}, or {"id": 1, "over": true} for a play that nobody waits for any more. A play is
// {"url": …, "steps": [{"fill": ["selector", "text"]}, {"click": "selector"}, {"expect": "text"}, {"goto": "url"},
// {"arrive": "beginning of a url"}, {"at": "part of a url"}, {"focus": "selector"}, {"press": "Enter"}, {"select": ["selector", "value"]},
// {"check": "selector"}, {"uncheck": "selector"}, {"gone": "text"}, {"see": "selector"}, {"drag": ["selector", "selector"]},
// {"shot": "name"}, {"unharmed": true}, {"shows": "text"}, {"mark": true}, {"marked": true}, {"tab": "selector"} (Tab, until
// that has the focus), {"type": "text"}, {"view": "name"} (a picture of what is in sight alone), {"fits": true} (nothing is wider
// than the screen), {"copied": "selector"} (what it says is in the clipboard), {"download": ["selector", "text in the file"]},
// {"late": "selector"} (a click on what sends a form, whose answer comes late, when the page has heard of what it did),
// {"tell": ["word", "selector"]} (prints {"id", "tells": [word, what that says]} once the page hears of changes)],
// "name": "…", "shots": "folder", "state": "file", "cookies": {"name": "value"}, "script": true, "dark": false, "axe": true,
// "language": "de", "device": "Pixel 7", "barred": true}. Each has a context of its own, which knows nothing of the others; `state` keeps cookies
// from one play to the next, and `cookies` are those of somebody who is logged in at this machine; a `device` is held in the hand:
// touched, of one size; who is `barred` meets pages that are refused. Every step has ten seconds. With "axe", axe-core looks at each page that a picture is taken of, at both
// widths: of pages that are made of the same parts, once. Prints a JSON object for each play: {"id", "ok", "failed", "url",
// "title", "text", "console", "csp", "external", "overflow", "shots", "axe", "dialogs", "keys", "posts", "gets"}; what was
// complained of or asked of elsewhere is told with the page on which it was; `keys` is how many keys were pressed; `posts` are the
// forms that were sent, with the address and the status of the answer, and `gets` the addresses that forms led to by themselves.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, devices } from 'playwright-core';

const PATIENCE = 10_000;
const AXE = new URL('node_modules/axe-core/axe.min.js', import.meta.url);

// The browser, started when it is first needed, and anew should it have died.
let started = null;
let browser = null;
function running() {
  if (browser?.isConnected() === false) started = null;
  started ??= (async () => {
    const found = [process.env.BRIDGE_TEST_CHROMIUM, '/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
      .find((path) => path && existsSync(path));
    browser = await chromium.launch({ executablePath: found, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
    return browser;
  })();
  started.catch(() => { started = null; });
  return started;
}

// All plays share one clipboard: whoever copies has it until it was looked at.
let clipboard = Promise.resolve();
function holdClipboard() {
  let release;
  const before = clipboard;
  clipboard = new Promise((resolve) => { release = resolve; });
  return before.then(() => release);
}

// Pages that axe-core has looked at already.
const known = new Set();

// What a page is made of, in one theme: the parts as they follow one another, each once or several times, but no words. Run in
// the page.
function skeleton() {
  const parts = new Map();
  const walk = (one, above) => {
    const about = [one.tagName, one.className?.baseVal ?? one.className, ...one.getAttributeNames().sort()
      .map((name) => (/^(type|role|scope|hidden|disabled|aria-(current|live|hidden|invalid))$/.test(name) ? `${name}=${one.getAttribute(name)}` : name))];
    const says = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
    const path = `${above}>${about.join(' ')}${says ? ' "' : ''}${one.scrollWidth > one.clientWidth + 1 ? ' ~' : ''}`;
    parts.set(path, Math.min(2, (parts.get(path) ?? 0) + 1));
    for (const child of one.children) walk(child, path);
  };
  walk(document.body, matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  return JSON.stringify([...parts]);
}

const isHere = (url) => /^(data|blob|about):/.test(url) || ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
const bare = (url) => { const { origin, pathname } = new URL(url); return origin + pathname; };

class Play {
  constructor(id, play) {
    this.id = id;
    this.play = play;
    this.held = play.device ? devices[play.device] : null;
    this.widths = this.held ? [[this.held.viewport.width, this.held.viewport.height]] : [[1280, 800], [390, 844]];
    this.seen = { console: [], csp: [], external: [], shots: [], overflow: [], axe: [], dialogs: [], posts: [], gets: [], keys: 0 };
    this.release = null;
  }

  say(what) {
    console.log(JSON.stringify({ id: this.id, ...what }));
  }

  async begin() {
    const { play, seen } = this;
    const cookies = Object.entries(play.cookies ?? {}).map(([name, value]) => ({
      name, value, domain: '127.0.0.1', path: '/', expires: -1, httpOnly: true, secure: true, sameSite: 'Lax',
    }));
    this.context = await (await running()).newContext({
      ...(this.held ?? { viewport: { width: this.widths[0][0], height: this.widths[0][1] } }),
      permissions: ['clipboard-read', 'clipboard-write'],
      javaScriptEnabled: play.script ?? true,
      colorScheme: play.dark ? 'dark' : 'light',
      locale: play.language ?? 'en',
      storageState: play.state && existsSync(play.state) ? play.state : { cookies, origins: [] },
    });
    this.context.setDefaultTimeout(PATIENCE);
    // What is done in another window is done as well.
    this.context.on('response', (response) => {
      const request = response.request();
      if (request.method() === 'POST' && request.isNavigationRequest()) seen.posts.push({ to: bare(request.url()), status: response.status() });
    });
    const page = await this.context.newPage();
    this.page = page;
    const session = await this.context.newCDPSession(page);
    session.on('Page.frameRequestedNavigation', ({ reason, url }) => { if (reason === 'formSubmissionGet') seen.gets.push(url); });
    await session.send('Page.enable');
    page.on('request', (request) => { if (!isHere(request.url())) seen.external.push({ url: request.url(), on: page.url() }); });
    page.on('console', (message) => {
      const text = message.text();
      if (/content security policy/i.test(text)) seen.csp.push({ text, on: page.url() });
      // A page that refuses a form has the status 422, which is written to the console and meant so; one that is taken from
      // its reader has 403.
      else if (message.type() === 'error' && !(this.play.barred ? /status of (422|403) / : /status of 422 /).test(text)) seen.console.push({ text, on: page.url() });
    });
    // What a page says in a box of the browser is something that was made to run.
    page.on('dialog', (dialog) => { seen.dialogs.push({ text: dialog.message(), on: page.url() }); dialog.dismiss().catch(() => {}); });
    page.on('pageerror', (error) => seen.console.push({ text: String(error), on: page.url() }));
    // Nothing leaves this machine, whatever a page wants.
    await this.context.route((url) => !isHere(url.href), (route) => route.abort());
  }

  isWide() {
    return this.page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth).catch(() => false);
  }

  // Whatever reaches beyond the screen, unless it stands in a box that scrolls by itself.
  async fits() {
    if (!await this.isWide()) return;
    const wide = await this.page.evaluate(() => [...document.querySelectorAll('main *, header *')]
      .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
      .map((one) => one.outerHTML.slice(0, 120)));
    this.seen.overflow.push({ on: this.page.url(), wide: wide.slice(0, 5) });
  }

  // What is in sight, and nothing else.
  async view(name) {
    if (!this.play.shots) return;
    mkdirSync(this.play.shots, { recursive: true });
    const path = join(this.play.shots, `${name}-${this.page.viewportSize().width}.png`);
    await this.page.screenshot({ path, scale: 'css' });
    this.seen.shots.push(path);
  }

  async shot(name) {
    if (!this.play.shots) return;
    mkdirSync(this.play.shots, { recursive: true });
    let is = null;
    for (const [place, [width, height]] of this.widths.entries()) {
      if (!this.held) await this.page.setViewportSize({ width, height });
      const path = join(this.play.shots, `${name}-${width}.png`);
      await this.page.screenshot({ path, fullPage: true, scale: 'css' });
      this.seen.shots.push(path);
      if (await this.isWide()) this.seen.overflow.push(`${name} at ${width}`);
      if (this.play.axe) is ??= await this.page.evaluate(skeleton);
      // Colours are the same at every width.
      if (is !== null && !known.has(is)) await this.axe(`${name} at ${width}`, place === 0);
    }
    known.add(is);
    if (!this.held) await this.page.setViewportSize({ width: this.widths[0][0], height: this.widths[0][1] });
  }

  async axe(on, colours) {
    if (!await this.page.evaluate(() => 'axe' in window)) await this.page.evaluate(readFileSync(AXE, 'utf8'));
    const { violations } = await this.page.evaluate((enabled) => window.axe.run(document, {
      resultTypes: ['violations'], preload: false, iframes: false, selectors: false, rules: { 'color-contrast': { enabled } },
    }), colours);
    for (const { id, help, nodes } of violations) {
      this.seen.axe.push({ id, help, on, nodes: nodes.slice(0, 5).map((node) => node.html.slice(0, 200)) });
    }
  }

  press(key) {
    this.seen.keys += 1;
    return this.page.keyboard.press(key);
  }

  // As far as Tab leads to it, and no further.
  async tab(selector) {
    for (let n = 0; n < 300; n += 1) {
      await this.press('Tab');
      if (await this.page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    }
    throw new Error('Tab does not lead there');
  }

  async copied(selector) {
    const look = () => this.page.evaluate(async (at) => {
      const element = document.querySelector(at);
      return [await navigator.clipboard.readText(), element.value ?? element.textContent.trim()];
    }, selector);
    let [is, wanted] = await look();
    for (let n = 0; n < 100 && is !== wanted; n += 1) {
      await this.page.waitForTimeout(50);
      [is, wanted] = await look();
    }
    if (is !== wanted) throw new Error(`the clipboard holds ${is}, not ${wanted}`);
  }

  async download([selector, text]) {
    const [file] = await Promise.all([this.page.waitForEvent('download'), this.page.locator(selector).first().click()]);
    const content = readFileSync(await file.path(), 'utf8');
    if (!content.includes(text)) throw new Error(`${file.suggestedFilename()} holds no ${text}: ${content.slice(0, 500)}`);
  }

  async late(selector) {
    const later = async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      const response = await route.fetch({ maxRedirects: 0 });
      await new Promise((resolve) => { setTimeout(resolve, 1_500); });
      return route.fulfill({ response });
    };
    const from = this.page.url();
    await this.page.route('**/*', later);
    await this.page.locator(selector).first().click();
    await this.page.waitForURL((url) => url.href !== from);
    await this.page.unroute('**/*', later);
  }

  // A page that hears of changes hears before anything is told that leads to one.
  async tell([word, selector]) {
    const hears = () => this.page.evaluate(() => typeof source === 'undefined' || source === null || source.readyState === EventSource.OPEN);
    for (let n = 0; n < 200 && !await hears(); n += 1) await this.page.waitForTimeout(25);
    const says = selector ? (await this.page.locator(selector).first().textContent()).trim() : '';
    this.say({ tells: [word, says] });
  }

  // That a page is made of nothing but what we make pages of, whatever stands on it.
  async unharmed() {
    const found = await this.page.evaluate(() => {
      const bad = [];
      const leadsAstray = (url) => URL.parse(url, location.href)?.hostname === 'evil.example';
      const strange = 'base, iframe, frame, frameset, object, embed, applet, style, video, audio, math, marquee, portal, plaintext, xmp';
      for (const one of document.querySelectorAll('*')) {
        const isBad = [...one.attributes].some(({ name, value }) => name.startsWith('on') || name === 'style' || name === 'srcdoc'
          || (/^\s*(javascript|vbscript):/i.test(value) && ['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name))
          || (['href', 'src', 'action', 'formaction'].includes(name) && leadsAstray(value)));
        const isStrange = one.matches(strange) || one.matches('meta[http-equiv]')
          || (one.matches('script') && !one.getAttribute('src')?.startsWith('/assets/script-'));
        if (isBad || isStrange) bad.push(one.outerHTML.slice(0, 200));
      }
      return bad;
    });
    if (found.length > 0) throw new Error(`it holds ${found.slice(0, 3).join(' and ')} on ${this.page.url()}`);
  }

  // That a text stands on the page as it is, but for the space in it.
  async shows(text) {
    const is = await this.page.evaluate((wanted) => {
      const plain = (some) => some.replace(/\s+/g, ' ').trim();
      const values = [...document.querySelectorAll('input, textarea')].map((field) => field.value);
      return [document.body.textContent, ...values].some((some) => plain(some).includes(plain(wanted)));
    }, text);
    if (!is) throw new Error(`it does not show ${text} on ${this.page.url()}`);
  }

  async take(step) {
    if (step.goto) return this.page.goto(step.goto);
    if (step.fill) return this.page.locator(step.fill[0]).first().fill(step.fill[1]);
    if (step.click) return this.held ? this.page.locator(step.click).first().tap() : this.page.locator(step.click).first().click();
    if (step.focus) return this.page.locator(step.focus).first().focus();
    if (step.press) return this.press(step.press);
    if (step.tab) return this.tab(step.tab);
    if (step.type) { this.seen.keys += step.type.length; return this.page.keyboard.type(step.type); }
    if (step.arrive) return this.page.waitForURL((url) => url.href.startsWith(step.arrive));
    if (step.at) return this.page.waitForURL((url) => url.href.includes(step.at));
    if (step.expect) return this.page.getByText(step.expect).first().waitFor();
    if (step.select) return this.page.locator(step.select[0]).first().selectOption(step.select[1]);
    if (step.check) return this.page.locator(step.check).first().check();
    if (step.uncheck) return this.page.locator(step.uncheck).first().uncheck();
    if (step.gone) return this.page.getByText(step.gone).first().waitFor({ state: 'hidden' });
    if (step.see) return this.page.locator(step.see).first().waitFor();
    // Onto the upper edge: what is dropped in the middle of a row may land on either side of it.
    if (step.drag) return this.page.locator(step.drag[0]).first().dragTo(this.page.locator(step.drag[1]).first(), { targetPosition: { x: 8, y: 4 } });
    if (step.shot) return this.shot(step.shot);
    if (step.view) return this.view(step.view);
    if (step.fits) return this.fits();
    if (step.copied) return this.copied(step.copied);
    if (step.download) return this.download(step.download);
    if (step.late) return this.late(step.late);
    if (step.tell) return this.tell(step.tell);
    if (step.unharmed) return this.unharmed();
    if (step.shows) return this.shows(step.shows);
    // What somebody does meanwhile in another window.
    if (step.aside) {
      const other = await this.page.context().newPage();
      await other.goto(step.aside.goto);
      await other.locator(step.aside.fill[0]).first().fill(step.aside.fill[1]);
      await other.locator(step.aside.click).first().click();
      await other.getByText(step.aside.expect).first().waitFor();
      return other.close();
    }
    if (step.mark) return this.page.evaluate(() => { window.isMarked = true; });
    if (step.marked) {
      if (!await this.page.evaluate(() => window.isMarked === true)) throw new Error('the page was loaded anew');
      return undefined;
    }
    throw new Error(`no such step: ${JSON.stringify(step)}`);
  }

  // What is copied is everybody's, as long as nobody has looked at it.
  async hold(step) {
    if (this.release === null && /data-copy/.test(step.click ?? '')) this.release = await holdClipboard();
  }

  letGo() {
    this.release?.();
    this.release = null;
  }

  async run() {
    let failed = null;
    try {
      await this.begin();
      if (this.play.url) await this.page.goto(this.play.url);
      for (const [place, step] of (this.play.steps ?? []).entries()) {
        await this.hold(step);
        await this.take(step).catch((error) => { throw new Error(`step ${place + 1} ${JSON.stringify(step)}: ${error.message}`); });
        if (step.copied) this.letGo();
      }
    } catch (error) {
      failed = error.message;
    }
    this.letGo();
    const { play, page, context } = this;
    if (play.name) {
      await this.shot(failed ? `${play.name}-failed` : play.name).catch((error) => { failed ??= `the last picture: ${error.message}`; });
    }
    if (play.state) await context?.storageState({ path: play.state }).catch(() => {});
    const text = await page?.locator('body').innerText().catch(() => '');
    const title = await page?.title().catch(() => '');
    // Whoever hears of the end may count on nobody looking at a page any more.
    const url = page?.url();
    await this.end();
    this.say({ ok: failed === null, failed, url, title, text, ...this.seen });
  }

  async end() {
    await this.context?.close().catch(() => {});
  }
}

const plays = new Map();
const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const { id, play, over } = JSON.parse(line);
  if (over) {
    plays.get(id)?.end();
    return;
  }
  const one = new Play(id, play);
  plays.set(id, one);
  one.run().finally(() => plays.delete(id));
});
// Nobody is there any more.
input.on('close', async () => {
  await browser?.close().catch(() => {});
  process.exit(0);
});
