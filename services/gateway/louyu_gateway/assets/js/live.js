/* Live updates: a server-sent hint says that something is new, the page then reads it. Push is a hint, pull is the truth.
   An EventSource that the server ended (a wrong status, a proxy's page) stays closed for good, so a new one is made. */

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;

/**
 * Follow the hints of the address that `url()` gives at each (re)connection. `onHint(event)` is called with {type, data} for each, and with {type: "ready"} after every
 * (re)connection, when anything may have been missed. `onLink(connected)` tells when the link is lost or found again.
 */
export function follow(url, { onHint, onLink = () => {} }) {
  let wait = FIRST_WAIT_MS;
  let source = null;
  let reopening = 0;

  function open() {
    clearTimeout(reopening);
    source = new EventSource(url());
    source.addEventListener("ready", () => {
      wait = FIRST_WAIT_MS;
      onLink(true);
      onHint({ type: "ready", data: null });
    });
    source.addEventListener("messages", (event) => onHint({ type: "messages", data: JSON.parse(event.data) }));
    source.addEventListener("changes", (event) => onHint({ type: "changes", data: JSON.parse(event.data) }));
    source.addEventListener("question", (event) => onHint({ type: "question", data: JSON.parse(event.data) }));
    source.addEventListener("screen", (event) => onHint({ type: "screen", data: JSON.parse(event.data) }));
    source.addEventListener("error", () => {
      onLink(false);
      source.close();
      reopening = setTimeout(open, wait + Math.random() * wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    });
  }

  open();
  // The network is back: nobody waits for what is left of a long pause.
  addEventListener("online", () => { if (source.readyState === EventSource.CLOSED) { wait = FIRST_WAIT_MS; open(); } });
  addEventListener("pagehide", () => source.close());
  // Back from the browser's page cache, where the link was cut.
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
}

/** Return a function that runs `task` at once, or once more after the run that is under way; never two at a time. */
export function oneAtATime(task) {
  let running = false;
  let again = false;
  return async function run() {
    if (running) { again = true; return; }
    running = true;
    try {
      do { again = false; await task(); } while (again);
    } finally {
      running = false;
    }
  };
}

/** Return the elements of a piece of HTML that our own server has rendered. */
export async function pull(url) {
  const response = await fetch(url, { credentials: "same-origin", headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}
