/* The conversation of a group: new messages appear, question cards change, what is written is sent without leaving. */

import { composer } from "./composer.js";
import { follow, oneAtATime, pull } from "./live.js";
import "./viewer.js";
import "./voice.js";

const talk = document.querySelector("[data-group]");
const list = talk.querySelector(".messages");
const connection = document.querySelector(".connection");
const newer = document.querySelector(".newer");

// A stretch of the past stands still: what follows it may be years of messages.
const isPast = "past" in talk.dataset;

const isAtEnd = () => innerHeight + scrollY > document.documentElement.scrollHeight - 160;
const toEnd = () => scrollTo({ top: document.documentElement.scrollHeight });

function lastSeq() {
  const messages = list.querySelectorAll("li[data-seq]");
  return messages.length ? Number(messages[messages.length - 1].dataset.seq) : Number(talk.dataset.lastSeq);
}

function lastDay() {
  const days = list.querySelectorAll("[data-day]");
  return days.length ? days[days.length - 1].dataset.day : "";
}

// Questions that have changed since the last reading. Their messages are read first, so that card and mark find a place.
const changed = new Set();

const readNews = oneAtATime(async () => {
  await readMessages();
  await readChanged();
  const ids = [...changed];
  changed.clear();
  if (!ids.length) return;
  const readings = [...ids.map(readQuestion), readMarks(), readOpenQuestions()];
  const failed = (await Promise.allSettled(readings)).some((reading) => reading.status === "rejected");
  if (failed) ids.forEach((id) => changed.add(id));
});

async function readMessages() {
  while (!isPast) {
    const query = new URLSearchParams({ after_seq: lastSeq(), day: lastDay() });
    const page = await pull(`${talk.dataset.more}?${query}`);
    const fresh = [...page.querySelector("ol").children].filter((li) => !li.dataset.seq || !document.getElementById(li.id));
    if (!fresh.some((li) => li.dataset.seq)) return;
    const follows = isAtEnd() || fresh.some((li) => li.classList.contains("own"));
    document.querySelector(".stream > .empty")?.remove();
    list.append(...fresh);
    if (follows) toEnd(); else newer.hidden = false;
    markRead();
  }
}

// Messages that are no longer as they were posted. One that is not on the page is read when it is scrolled to.
async function readChanged() {
  const before = talk.dataset.lastChange;
  for (;;) {
    const known = talk.dataset.lastChange;
    const page = await pull(`${talk.dataset.changed}?${new URLSearchParams({ after_change: known })}`);
    const fresh = page.querySelector("ol");
    for (const li of [...fresh.children]) {
      const shown = document.getElementById(li.id);
      const sound = shown?.querySelector("audio");
      if (sound && !sound.paused) li.querySelector("[data-voice]")?.replaceWith(shown.querySelector("[data-voice]")); // it goes on
      shown?.replaceWith(li);
    }
    talk.dataset.lastChange = fresh.dataset.lastChange;
    if (fresh.dataset.lastChange === known) break;
  }
  if (talk.dataset.lastChange === before) return;
  const pinned = talk.querySelector("[data-pinned]");
  pinned.replaceChildren(...(await pull(pinned.dataset.pinned)).body.childNodes);
}

// What was on the page while somebody looked at it counts as read. A failure is made good with the next message.
let readSeq = Number(talk.dataset.readSeq);
async function markRead() {
  if (isPast || document.hidden || !isAtEnd() || lastSeq() <= readSeq) return;
  readSeq = lastSeq();
  const body = new URLSearchParams({ csrf: document.querySelector("[data-composer]").elements.csrf.value, seq: readSeq });
  await fetch(`/app/groups/${talk.dataset.group}/read`, { method: "POST", credentials: "same-origin", body }).catch(() => {});
}

// A tap that fits from now on. One's own words are not for one's own taps.
function offer(body, kind) {
  const button = body?.querySelector(`[data-tap="${kind}"]`);
  if (button && !button.disabled) button.hidden = false;
}

async function readQuestion(id) {
  const fresh = (await pull(`/app/questions/${id}/card`)).querySelector("[data-question]");
  if (!fresh) return;
  const follows = isAtEnd();
  const shown = list.querySelector(`[data-question="${id}"]`);
  if (shown) shown.replaceWith(fresh);
  else {
    const body = document.querySelector(`#m${fresh.dataset.seq} .body`);
    body?.append(fresh);
    offer(body, "me_too");
  }
  if (follows) toEnd();
}

async function readMarks() {
  const shown = [...list.querySelectorAll("li[data-seq]")];
  if (!shown.length) return;
  const query = new URLSearchParams({ first: shown[0].dataset.seq, last: lastSeq() });
  const page = await pull(`${talk.dataset.marks}?${query}`);
  const follows = isAtEnd();
  for (const fresh of page.querySelectorAll("[data-mark]")) {
    const body = document.querySelector(`#m${fresh.dataset.mark} .body`);
    if (!body) continue;
    body.querySelector(".note")?.remove();
    body.append(...fresh.childNodes);
    offer(body, "thanks");
  }
  if (follows) toEnd();
}

async function readOpenQuestions() {
  const fresh = await pull(`${location.pathname}/open`);
  for (const place of ["strip", "beside"]) {
    const old = talk.querySelector(`[data-place="${place}"]`);
    const now = fresh.querySelector(`[data-place="${place}"]`);
    if (old && now) old.replaceChildren(...now.childNodes);
  }
}

if (!isPast) follow(() => `${talk.dataset.live}?after_seq=${lastSeq()}&after_change=${talk.dataset.lastChange}`, {
  onHint(event) {
    if (event.type === "question") changed.add(event.data.id);
    readNews().catch(() => {});
  },
  onLink(connected) { connection.hidden = connected; },
});

addEventListener("scroll", () => { if (isAtEnd()) { newer.hidden = true; markRead(); } }, { passive: true });
document.addEventListener("visibilitychange", markRead);
newer.addEventListener("click", (event) => { event.preventDefault(); newer.hidden = true; toEnd(); });
const composing = composer(document.querySelector("[data-composer]"), () => {
  if (isPast) location.assign(location.pathname); else readNews().catch(() => {});
});

function show(message) {
  list.querySelector(".target")?.classList.remove("target");
  message.classList.add("target");
  message.scrollIntoView({ block: "center" });
}

// One tap on a message: taking it back, a reaction, a pin. What it did comes back as a change like everybody else's.
async function tap(button, path, withdrawn) {
  button.disabled = true;
  const body = new URLSearchParams({ csrf: document.querySelector("[data-composer]").elements.csrf.value });
  try {
    const response = await fetch(`${talk.dataset.more}/${path}${withdrawn ? "?withdrawn=true" : ""}`, {
      method: "POST", credentials: "same-origin", headers: { Accept: "application/json" }, body,
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.message);
    await readNews();
  } catch (error) {
    composing.tell(error);
    button.disabled = false;
  }
}

// What can no longer be taken back is not offered any longer.
setInterval(() => {
  for (const button of list.querySelectorAll("[data-recall]")) {
    button.dataset.seconds -= 5;
    if (button.dataset.seconds <= 0) button.remove();
  }
}, 5000);

talk.querySelector(".stream").addEventListener("click", (event) => {
  const recalled = event.target.closest("[data-recall]");
  if (recalled) tap(recalled, `${recalled.dataset.recall}/recall`, false);
  const tapped = event.target.closest("[data-tap]");
  if (tapped) tap(tapped, `${tapped.dataset.seq}/${tapped.dataset.tap}`, tapped.getAttribute("aria-pressed") === "true");
  const reply = event.target.closest("[data-reply]");
  if (reply) composing.quote(reply.dataset);
  const quoted = event.target.closest("a.quoted");
  const message = quoted && document.getElementById(`m${quoted.dataset.seq}`);
  if (!message) return;
  event.preventDefault();
  show(message);
});

const target = location.hash.startsWith("#m") && document.getElementById(location.hash.slice(1));
if (target) show(target);
else if (!new URLSearchParams(location.search).has("before")) toEnd();
markRead();
