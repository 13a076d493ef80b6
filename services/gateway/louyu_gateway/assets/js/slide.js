/* Painting one slide of the lobby screen. Text only, by textContent: nothing that comes from people is ever markup. */

const screen = document.querySelector(".screen");
const slideBox = document.querySelector("[data-slide]");
const WEEKDAYS = ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"];
// The largest that fits is taken: a short text may be read from the door, a long one is never cut.
const FITS = [1.3, 1.15, 1, 0.92, 0.85, 0.78, 0.7, 0.62];

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

export function paint(slide) {
  screen.dataset.kind = slide.kind;
  const words = element("div", "words", "");
  slide.paragraphs.forEach((paragraph) => words.append(element("p", slide.kind === "answer" ? "answer" : "", paragraph)));
  slideBox.replaceChildren(element("p", "label", slide.label), element("h1", "headline", slide.title), words, element("p", "source", slide.source));
  for (const fit of FITS) {
    slideBox.style.setProperty("--fit", fit);
    if (slideBox.scrollHeight <= slideBox.clientHeight) break;
  }
}

const beijing = (ms) => new Date(ms + 8 * 3600 * 1000);
const two = (number) => String(number).padStart(2, "0");
const time = (ms) => { const at = beijing(ms); return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`; };
const date = (ms) => { const at = beijing(ms); return `${at.getUTCMonth() + 1}月${at.getUTCDate()}日`; };

export function paintClock(now, isSane) {
  document.querySelector("[data-clock]").textContent = isSane ? time(now) : "";
  document.querySelector("[data-date]").textContent = isSane ? `${date(now)} ${WEEKDAYS[beijing(now).getUTCDay()]}` : "";
}

export function paintAge(refreshedAt, now, staleAfter) {
  const place = document.querySelector("[data-updated]");
  if (!refreshedAt) { place.textContent = ""; return; }
  const isStale = now - refreshedAt > staleAfter;
  const day = date(now) === date(refreshedAt) ? "" : `${date(refreshedAt)} `;
  place.textContent = (isStale ? "网络断开 · " : "") + `更新于 ${day}${time(refreshedAt)}`;
  place.classList.toggle("stale", isStale);
}

export function paintDots(slides, current) {
  const dots = slides.length > 1 && slides.length <= 12 ? slides : [];
  document.querySelector("[data-dots]").replaceChildren(...dots.map((slide) => element("li", slide.id === current.id ? "current" : "", "")));
}
