/* The conversation of a group: new messages appear, question cards change, what is written is sent without leaving. */

import { composer } from "./composer.js";
import { follow, oneAtATime, pull } from "./live.js";

const talk = document.querySelector("[data-group]");
const list = talk.querySelector(".messages");
const connection = document.querySelector(".connection");
const newer = document.querySelector(".newer");

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

const readMessages = oneAtATime(async () => {
  for (;;) {
    const query = new URLSearchParams({ after_seq: lastSeq(), day: lastDay() });
    const page = await pull(`${talk.dataset.more}?${query}`);
    const fresh = [...page.querySelector("ol").children].filter((li) => !li.dataset.seq || !document.getElementById(li.id));
    if (!fresh.some((li) => li.dataset.seq)) return;
    const follows = isAtEnd() || fresh.some((li) => li.classList.contains("own"));
    document.querySelector(".stream > .empty")?.remove();
    list.append(...fresh);
    if (follows) toEnd(); else newer.hidden = false;
  }
});

async function readQuestion(id) {
  const fresh = (await pull(`/app/questions/${id}/card`)).querySelector("[data-question]");
  if (!fresh) return;
  const follows = isAtEnd();
  const shown = list.querySelector(`[data-question="${id}"]`);
  if (shown) shown.replaceWith(fresh);
  else document.querySelector(`#m${fresh.dataset.seq} .body`)?.append(fresh);
  if (follows) toEnd();
}

const readOpenQuestions = oneAtATime(async () => {
  const fresh = await pull(`${location.pathname}/open`);
  for (const place of ["strip", "beside"]) {
    const old = talk.querySelector(`[data-place="${place}"]`);
    const now = fresh.querySelector(`[data-place="${place}"]`);
    if (old && now) old.replaceChildren(...now.childNodes);
  }
});

follow(() => `${talk.dataset.live}?after_seq=${lastSeq()}`, {
  onHint(event) {
    if (event.type === "question") {
      readQuestion(event.data.id).catch(() => {});
      readOpenQuestions().catch(() => {});
    } else {
      readMessages().catch(() => {});
    }
  },
  onLink(connected) { connection.hidden = connected; },
});

addEventListener("scroll", () => { if (isAtEnd()) newer.hidden = true; }, { passive: true });
newer.addEventListener("click", (event) => { event.preventDefault(); newer.hidden = true; toEnd(); });
composer(document.querySelector("[data-composer]"), () => readMessages().catch(() => {}));

const target = location.hash.startsWith("#m") && document.getElementById(location.hash.slice(1));
if (target) target.classList.add("target");
else if (!new URLSearchParams(location.search).has("before")) toEnd();
