/* The lobby screen's page without network: its shell from the cache. What it shows is kept by the page itself. */
const CACHE = {{ cache_name | tojson }};
const SHELL = {{ shell | tojson }};

addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== CACHE && name.startsWith("louyu-screen-")) await caches.delete(name);
    await self.clients.claim();
    // The first load was not controlled: keep the pages that are open now.
    const cache = await caches.open(CACHE);
    for (const client of await self.clients.matchAll({ includeUncontrolled: true })) await cache.add(client.url).catch(() => {});
  })());
});

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate" && url.pathname.startsWith("/display/")) {
    event.respondWith((async () => {
      const cache = await caches.open(CACHE);
      try {
        const response = await fetch(event.request);
        if (response.ok) await cache.put(url.pathname, response.clone());
        // A gateway that is away answers through its proxy with an error page: the kept page is better than that.
        if (response.status < 500) return response;
      } catch (error) { /* no network */ }
      return (await cache.match(url.pathname)) || Response.error();
    })());
  } else if (url.pathname.startsWith("/assets/")) {
    event.respondWith(caches.match(event.request).then((kept) => kept || fetch(event.request)));
  }
});
