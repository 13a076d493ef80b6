/* The voice player: one at a time, a bar that fills and can be tapped to go elsewhere. Works for players that come later. */

let playing = null;

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function show(player, audio) {
  const button = player.querySelector(".play");
  const length = player.querySelector(".length");
  button.dataset.label ??= button.getAttribute("aria-label");
  length.dataset.whole ??= length.textContent;
  player.classList.toggle("playing", !audio.paused);
  button.setAttribute("aria-label", audio.paused ? button.dataset.label : button.dataset.pause);
  const done = audio.duration ? audio.currentTime / audio.duration : 0;
  player.querySelector(".done").style.width = `${100 * done}%`;
  length.textContent = audio.currentTime ? clock(audio.currentTime) : length.dataset.whole;
}

function prepare(player) {
  const audio = player.querySelector("audio");
  if (player.dataset.ready) return audio;
  player.dataset.ready = "1";
  for (const event of ["play", "pause", "timeupdate"]) audio.addEventListener(event, () => show(player, audio));
  audio.addEventListener("play", () => { if (playing && playing !== audio) playing.pause(); playing = audio; });
  audio.addEventListener("ended", () => { audio.currentTime = 0; show(player, audio); });
  audio.addEventListener("error", () => player.classList.add("failed"));
  return audio;
}

document.addEventListener("click", (event) => {
  const player = event.target.closest("[data-voice]");
  if (!player) return;
  const audio = prepare(player);
  const track = event.target.closest(".track");
  if (track && audio.duration) {
    const place = track.getBoundingClientRect();
    audio.currentTime = audio.duration * Math.min(1, Math.max(0, (event.clientX - place.left) / place.width));
  } else if (event.target.closest(".play, .track")) {
    if (audio.paused) audio.play().catch(() => player.classList.add("failed")); else audio.pause();
  }
});
