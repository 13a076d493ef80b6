/* The lobby screen. It shows what it last knew, for as long as each item is valid, whatever becomes of network, server
   and power; it says how old that is; and it never shows nothing. Written for Chromium 87 and later: no newer syntax. */

import { follow } from "./live.js";
import { Playlist } from "./playlist.js";
import { Proofs } from "./proofs.js";
import { paint, paintClock, paintAge, paintDots } from "./slide.js";

const screen = document.body.dataset.screen;
const stateUrl = `/display/${screen}/state`;
const storeKey = `louyu-screen-${screen}`;
const POLL_MS = 45000;
const EMERGENCY_POLL_MS = 7000;
const STALE_MS = 5 * 60 * 1000;
// A box without battery starts in 1970. Its clock is not believed before this moment, nor before the last time that the
// server told.
const SANE_MS = Date.UTC(2024, 0, 1);

let offset = 0;
let refreshedAt = 0;
let etag = "";
let state = null;
let failures = 0;
let current = null;
let shownSince = 0;
let nextTimer = 0;
const playlist = new Playlist();
const proofs = new Proofs(`${storeKey}-proofs`, `/display/${screen}/shown`);
const now = () => Date.now() + offset;
const clockIsSane = () => now() > Math.max(SANE_MS, refreshedAt - 60000);

function keep() {
  try { localStorage.setItem(storeKey, JSON.stringify({ state, refreshedAt, offset })); } catch (error) { /* full or forbidden: only a restart without network loses by it */ }
}

function remembered() {
  try { return JSON.parse(localStorage.getItem(storeKey)); } catch (error) { return null; }
}

function take(fresh) {
  playlist.take(fresh);
  const valid = playlist.valid(now());
  // An emergency, its end, or the end of what is shown now: change at once, in the middle of a slot.
  if (!current || playlist.preempts(current, now()) || !valid.some((slide) => slide.id === current.id)) advance();
  else paintDots(valid, current);
}

async function refresh() {
  try {
    const response = await fetch(stateUrl, { cache: "no-store", headers: etag ? { "If-None-Match": etag } : {} });
    if (!response.ok && response.status !== 304) throw new Error(`HTTP ${response.status}`);
    const sent = Date.parse(response.headers.get("X-Louyu-Now") || "");
    if (sent) offset = sent - Date.now();
    refreshedAt = now();
    failures = 0;
    if (response.status === 200) {
      state = await response.json();
      etag = response.headers.get("ETag") || "";
      take(state);
    }
    keep();
  } catch (error) {
    failures += 1;
  }
  paintAge(refreshedAt, now(), STALE_MS);
}

function prove() {
  if (current && current.item && clockIsSane()) proofs.add({ item: current.item, from: shownSince, until: now() });
}

function advance() {
  clearTimeout(nextTimer);
  prove();
  current = playlist.next(clockIsSane() ? now() : null);
  shownSince = now();
  paint(current);
  paintDots(playlist.valid(clockIsSane() ? now() : null), current);
  nextTimer = setTimeout(advance, current.seconds * 1000);
}

function tick() {
  paintClock(now(), clockIsSane());
  paintAge(refreshedAt, now(), STALE_MS);
  // What is over goes at once, without network too.
  if (current && current.validUntil && clockIsSane() && now() >= current.validUntil) advance();
}

function poll() {
  const rhythm = playlist.hasEmergency(now()) ? EMERGENCY_POLL_MS : POLL_MS;
  const calm = Math.min(failures, 4);
  setTimeout(() => refresh().then(() => proofs.send(playlist.version)).then(poll), rhythm * (1 + calm / 4) * (0.85 + Math.random() * 0.3));
}

/* Old boxes leak: begin anew each night, but only when the server is there to begin from. */
function reloadAtNight() {
  const local = new Date(now() + 8 * 3600 * 1000);
  if (local.getUTCHours() === 3 && performance.now() > 2 * 3600 * 1000 && failures === 0) location.reload();
}

const before = remembered();
if (before && before.state) {
  refreshedAt = before.refreshedAt;
  offset = before.offset || 0;
  state = before.state;
  playlist.take(state);
}
advance();
tick();
setInterval(tick, 1000);
setInterval(reloadAtNight, 10 * 60 * 1000 + Math.random() * 60000);
refresh().then(() => proofs.send(playlist.version)).then(poll);
follow(() => `/display/${screen}/live?version=${playlist.version}`, { onHint: () => refresh() });
addEventListener("resize", () => paint(current));
addEventListener("contextmenu", (event) => event.preventDefault());
addEventListener("pagehide", prove);

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(document.body.dataset.worker, { scope: "/display/" }).catch(() => {});
  if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
}
