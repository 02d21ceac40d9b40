// What the console does beyond what pages do by themselves. Everything essential works without it.
'use strict';

// Only what the bridge itself answered is ever read as a page.
const trusted = window.trustedTypes
  ? trustedTypes.createPolicy('aisoule', { createHTML: (page) => page })
  : { createHTML: (page) => page };

// ── Copying: <button type="button" data-copy="id of what is copied" data-copied="Copied" hidden> ──
function prepareCopies(root) {
  for (const button of root.querySelectorAll('button[data-copy]')) {
    button.hidden = !navigator.clipboard;
  }
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  if (!source) return;
  await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
  const word = button.textContent;
  if (word === button.dataset.copied) return;
  // Whoever listens hears what is seen: for as long as the button says "Copied", that is its name.
  const name = button.getAttribute('aria-label');
  button.textContent = button.dataset.copied;
  button.removeAttribute('aria-label');
  setTimeout(() => {
    button.textContent = word;
    if (name) button.setAttribute('aria-label', name);
  }, 1500);
}

// ── Choosing all: <input type="checkbox" data-choose="name of the boxes" hidden>, of the page or of what is data-within ──
function prepareChoices(root) {
  for (const box of root.querySelectorAll('input[data-choose]')) {
    box.hidden = false;
    if (box.parentElement.matches('label')) box.parentElement.hidden = false;
  }
}

function chooseAll(box) {
  for (const one of (box.closest('[data-within]') ?? document).querySelectorAll('input[type="checkbox"]')) {
    if (one.name === box.dataset.choose && !one.disabled) one.checked = box.checked;
  }
}

// ── Dragging: rows of <tbody data-sort> that are draggable, each with <input data-place>: dropping numbers them anew ──
let dragged = null;

function renumber(body) {
  const fields = [...body.querySelectorAll('input[data-place]')];
  const step = Number(body.dataset.sort) || 10;
  fields.forEach((field, place) => { field.value = (fields.length - place) * step; });
  body.dispatchEvent(new Event('change', { bubbles: true }));
}

document.addEventListener('dragstart', (event) => {
  dragged = event.target.closest?.('[data-sort] > [draggable="true"]') ?? null;
  if (dragged) event.dataTransfer.effectAllowed = 'move';
});
document.addEventListener('dragover', (event) => {
  const row = dragged && event.target.closest?.('[data-sort] > [draggable="true"]');
  if (!row || row.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  if (row === dragged) return;
  const { top, height } = row.getBoundingClientRect();
  if (event.clientY < top + height / 2) row.before(dragged); else row.after(dragged);
});
document.addEventListener('drop', (event) => { if (dragged) event.preventDefault(); });
document.addEventListener('dragend', () => {
  if (dragged) renumber(dragged.parentElement);
  dragged = null;
});

document.addEventListener('click', (event) => {
  const button = event.target.closest?.('button[data-copy]');
  if (button) copy(button);
});
document.addEventListener('change', (event) => {
  if (event.target.matches?.('input[data-choose]')) chooseAll(event.target);
  // A list that is chosen from sends its form at once: <select data-send>.
  if (event.target.matches?.('select[data-send]')) event.target.form.requestSubmit();
});

// ── Live: an element with an id and data-live="users seats" is taken anew from the same page when one of these changes ──
const wanted = new Set();
let waiting = null;
let isAsking = false;
// A page that takes long is asked for less often.
let notBefore = 0;
// Whether a form was sent: what this page is about may be gone before the next one comes.
let isLeaving = false;

// Whether somebody has left a field other than it came; what is ticked is taken along to a fresh copy, and may not count.
function isTouched(element, withTicks) {
  return [...element.querySelectorAll('input, select, textarea')].some((field) => {
    if (field.matches('select')) return [...field.options].some((one) => one.defaultSelected && !one.selected);
    if (field.matches('[type="checkbox"], [type="radio"]')) {
      return field.checked !== field.defaultChecked && (withTicks || field.defaultChecked);
    }
    return field.type !== 'hidden' && field.value !== field.defaultValue;
  });
}

// Whether somebody is in the middle of something: in a field, or has left one other than it came.
function isBusy(element) {
  const active = document.activeElement;
  if (element.contains(active) && active.matches('input:not([type="checkbox"]), select, textarea')) return true;
  return isTouched(element, false);
}

// ── Whoever reads: where they may see something else now the page is loaded anew, and where they are not logged in any more that
// leads to the login. What somebody has typed stays: they are told, and load the page when they like. ──
let hasEnded = false;

function tellReader(id) {
  for (const note of document.querySelectorAll('[data-reader]')) note.hidden = note.dataset.reader !== id;
}

// Whether there is nothing more to do with this fresh copy.
function isForAnother(answer, page) {
  if (!('may' in document.body.dataset)) return false;
  hasEnded = answer.type === 'opaqueredirect';
  const is = page?.body.dataset.may;
  // A page that may not be seen any more has nothing of the console around it.
  const isOther = hasEnded || answer.status === 403 || (is !== undefined && is !== document.body.dataset.may);
  if (hasEnded) pause();
  // What is looked for is typed again sooner than what is to be changed.
  const isTyping = [...document.querySelectorAll('form[method="post"]')].some((form) => isTouched(form, true));
  if (isOther && !isTyping) location.reload();
  else tellReader(hasEnded ? 'ended' : isOther ? 'changed' : '');
  return isOther;
}

function ticked(element) {
  return [...element.querySelectorAll('input[type="checkbox"]:checked')].map((box) => `${box.name}=${box.value}`);
}

// What stands in the place of an element in a fresh copy: by its id, else by where it leads or what it says.
function counterpart(element, fresh) {
  if (element.id) return document.getElementById(element.id);
  const says = (one) => `${one.getAttribute('href')} ${one.getAttribute('name')} ${one.value} ${one.getAttribute('aria-label')} ${one.textContent}`;
  return [...fresh.querySelectorAll(element.tagName)].find((one) => says(one) === says(element));
}

function put(old, fresh) {
  const ticks = new Set(ticked(old));
  const open = new Set([...old.querySelectorAll('details[open][id]')].map((one) => one.id));
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  for (const box of fresh.querySelectorAll('input[type="checkbox"]')) {
    if (ticks.has(`${box.name}=${box.value}`)) box.checked = true;
  }
  for (const id of open) document.getElementById(id)?.setAttribute('open', '');
  if (focused) counterpart(focused, fresh)?.focus({ preventScroll: true });
  prepare(fresh);
}

async function renew() {
  waiting = null;
  if (isLeaving) return;
  if (isAsking || Date.now() < notBefore) { waiting = setTimeout(renew, 300); return; }
  const topics = [...wanted];
  wanted.clear();
  const affected = [...document.querySelectorAll('[data-live]')]
    .filter((element) => element.dataset.live.split(' ').some((topic) => topics.includes(topic)));
  if (affected.length === 0 && !topics.includes('reader')) return;
  isAsking = true;
  const begun = Date.now();
  try {
    // Where a login begins may be elsewhere, where no page looks.
    const answer = await fetch(location.href, { headers: { accept: 'text/html', 'x-aisoule-by-itself': '1' }, redirect: 'manual' });
    const page = answer.ok ? new DOMParser().parseFromString(trusted.createHTML(await answer.text()), 'text/html') : null;
    // Somebody may have sent a form while this was on its way.
    if (isLeaving) { for (const topic of topics) wanted.add(topic); return; }
    if (isForAnother(answer, page)) return;
    if (!page) {
      // A bridge that has too much to do is asked again.
      if (answer.status >= 429 && topics.includes('reader')) setTimeout(want, 5000, 'reader');
      return;
    }
    for (const old of affected) {
      const fresh = page.getElementById(old.id);
      if (fresh && !isBusy(old) && old.outerHTML !== fresh.outerHTML) put(old, document.adoptNode(fresh));
    }
  } catch {
    // The bridge does not answer now; the next change asks again.
  } finally {
    isAsking = false;
    notBefore = Date.now() + Math.max(500, 5 * (Date.now() - begun));
  }
}

// Whoever does not look at a page needs no news of it; a browser has only a few connections for all of its pages.
let source = null;

function listen() {
  if (source || document.hidden || hasEnded) return;
  source = new EventSource('/settings/live');
  let isFirst = true;
  source.addEventListener('open', () => {
    // What whoever reads may see can have changed while nobody listened.
    if (!isFirst) want('reader');
    isFirst = false;
  });
  // A browser gives up for good where it is answered by anything but the stream: by a proxy while the bridge starts anew.
  source.addEventListener('error', () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    source = null;
    setTimeout(() => { if (!hasEnded) resume(); }, 5000);
  });
  source.addEventListener('topics', (event) => want(...event.data.split(' ')));
}

function want(...topics) {
  for (const topic of topics) wanted.add(topic);
  waiting ??= setTimeout(renew, 150);
}

function pause() {
  source?.close();
  source = null;
}

// What happened meanwhile nobody was told of.
function resume() {
  if (source || document.hidden) return;
  want('reader');
  for (const element of document.querySelectorAll('[data-live]')) want(...element.dataset.live.split(' '));
  // They may have logged in again elsewhere.
  hasEnded = false;
  listen();
}

// Whoever has no account is told nothing: what is data-live="again" is asked for every few seconds.
function askAgain() {
  if (!document.hidden) want('again');
}

function follow() {
  // The answer to a form can't be fetched once more.
  if ('answer' in document.body.dataset) return;
  if (document.querySelector('[data-live="again"]')) setInterval(askAgain, 4000);
  const hears = 'may' in document.body.dataset || document.querySelector('[data-live]:not([data-live="again"])');
  if (!hears || !window.EventSource) return;
  listen();
  document.addEventListener('visibilitychange', () => { if (document.hidden) pause(); else resume(); });
  window.addEventListener('pagehide', pause);
  window.addEventListener('pageshow', (event) => { if (event.persisted) resume(); });
}

function prepare(root) {
  prepareCopies(root);
  prepareChoices(root);
}

document.addEventListener('submit', () => {
  isLeaving = true;
  // Where nothing comes of it, the page goes on.
  setTimeout(() => {
    isLeaving = false;
    if (wanted.size > 0) waiting ??= setTimeout(renew, 150);
  }, 10_000);
});
window.addEventListener('pageshow', () => { isLeaving = false; });

prepare(document);
follow();
// On a narrow screen the menu is a row that goes on beyond it: where one is stands in sight.
function showPlace() {
  const place = document.querySelector('.menu [aria-current]');
  const row = place?.closest('ul');
  if (row) row.scrollLeft = place.offsetLeft - row.offsetLeft - (row.clientWidth - place.clientWidth) / 2;
}
showPlace();
window.addEventListener('resize', showPlace);
