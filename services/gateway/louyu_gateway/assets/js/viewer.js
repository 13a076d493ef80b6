/* The photo viewer: a tapped photo fills the screen; to the next by swipe, key or button; back by Escape, tap or the
   phone's own way back. Without this script a photo is a link. */

const dialog = document.querySelector("[data-viewer]");
const image = dialog.querySelector("img");
const count = dialog.querySelector(".count");
let photos = [];
let at = 0;

function turn(to) {
  if (to < 0 || to >= photos.length) return;
  at = to;
  const link = photos[at];
  const small = link.querySelector("img");
  image.src = link.href;
  image.alt = small.alt;
  image.width = link.dataset.width;
  image.height = link.dataset.height;
  dialog.classList.add("loading");
  count.textContent = photos.length > 1 ? `${at + 1} / ${photos.length}` : "";
  dialog.querySelector(".before").hidden = at === 0;
  dialog.querySelector(".after").hidden = at === photos.length - 1;
}

function open(link) {
  photos = [...link.closest(".photos").querySelectorAll("a[data-photo]")];
  turn(photos.indexOf(link));
  dialog.showModal();
  history.pushState({ photo: true }, "");
}

image.addEventListener("load", () => dialog.classList.remove("loading"));
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-photo]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link);
});
dialog.addEventListener("click", (event) => {
  if (event.target.closest(".before")) turn(at - 1);
  else if (event.target.closest(".after")) turn(at + 1);
  else dialog.close();
});
dialog.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") turn(at - 1);
  if (event.key === "ArrowRight") turn(at + 1);
});
dialog.addEventListener("close", () => {
  image.removeAttribute("src");
  if (history.state && history.state.photo) history.back();
});
addEventListener("popstate", () => { if (dialog.open) dialog.close(); });

let from = null;
dialog.addEventListener("touchstart", (event) => { from = event.touches.length === 1 ? event.touches[0].clientX : null; }, { passive: true });
dialog.addEventListener("touchend", (event) => {
  if (from === null) return;
  const moved = event.changedTouches[0].clientX - from;
  from = null;
  if (Math.abs(moved) > 50) turn(moved < 0 ? at + 1 : at - 1);
}, { passive: true });
