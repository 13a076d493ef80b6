/* A page with parts that stay fresh: read again when a hint comes (data-live) or every so many seconds (data-every),
   and each [data-part] put in its place. */

import { follow, oneAtATime, pull } from "./live.js";

const rhythm = document.querySelector("[data-live], [data-every]");

// Somebody is choosing or writing there: the part is left alone until they have finished.
const isInUse = (part) => part.querySelector("details[open]") !== null
  || (part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"));

const refresh = oneAtATime(async () => {
  const page = await pull(location.href);
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (fresh && fresh.innerHTML !== part.innerHTML && !isInUse(part)) part.replaceChildren(...fresh.childNodes);
  }
});

if (rhythm && rhythm.dataset.live) {
  let first = true;
  follow(() => rhythm.dataset.live, {
    onHint(event) {
      if (event.type === "ready" && first) { first = false; return; }
      refresh().catch(() => {});
    },
  });
} else if (rhythm) {
  setInterval(() => { if (!document.hidden) refresh().catch(() => {}); }, Number(rhythm.dataset.every) * 1000);
}
