/* A page with a part that stays fresh: read again when a hint comes (data-live) or every so many seconds (data-every). */

import { follow, oneAtATime, pull } from "./live.js";

const part = document.querySelector("[data-live], [data-every]");

const refresh = oneAtATime(async () => {
  // Somebody is choosing or writing in the part: leave it alone until they have finished.
  if (part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
  const fresh = (await pull(location.href)).querySelector("[data-live], [data-every]");
  if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
});

if (part && part.dataset.live) {
  let first = true;
  follow(() => part.dataset.live, {
    onHint(event) {
      if (event.type === "ready" && first) { first = false; return; }
      refresh().catch(() => {});
    },
  });
} else if (part) {
  setInterval(() => { if (!document.hidden) refresh().catch(() => {}); }, Number(part.dataset.every) * 1000);
}
