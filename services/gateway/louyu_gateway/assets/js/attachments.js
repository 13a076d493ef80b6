/* What a message is to show or speak: photos chosen or taken, a recording; each uploaded at once, seen beforehand, taken
   back with a tap. A message has up to nine photos or one recording. */

const MOST_PHOTOS = 9;
const LARGEST_BYTES = 20 * 1024 * 1024;
const LONGEST_SECONDS = 120;

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Upload a file with news of its progress (0 to 1). Resolves to what the server made of it; `signal` gives up. */
function upload(address, csrf, file, key, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.responseType = "json";
    request.timeout = 150000;
    request.setRequestHeader("X-CSRF-Token", csrf);
    request.setRequestHeader("Idempotency-Key", key);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => { if (event.lengthComputable) onProgress(event.loaded / event.total); };
    request.onload = () => {
      if (request.status === 201 && request.response) resolve(request.response);
      else reject(new Error(request.response?.message || ""));
    };
    request.onerror = request.ontimeout = () => reject(new Error(""));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/**
 * Manage the attachments of the composer's form. `onChange(count)` is called when there are more or fewer, `onProblem(words)`
 * when one cannot be taken. Returned are `ids()`, `count()`, `ready()` (resolves when all are uploaded) and `clear()`.
 */
export function attachments(form, onChange, onProblem) {
  const tray = form.querySelector(".tray");
  const words = tray.dataset;
  const chooser = form.querySelector("input[type=file]");
  const photoButton = form.querySelector("[data-add=photo]");
  const voiceButton = form.querySelector("[data-add=voice]");
  const recorder = form.querySelector(".recorder");
  let items = [];

  function changed() {
    tray.hidden = !items.length;
    photoButton.disabled = items.length >= MOST_PHOTOS || items.some((item) => item.kind === "voice");
    voiceButton.disabled = items.length > 0;
    onChange(items.length);
  }

  function remove(item) {
    item.ending.abort();
    if (item.preview) URL.revokeObjectURL(item.preview);
    item.tile.remove();
    items = items.filter((other) => other !== item);
    changed();
  }

  function tileOf(item) {
    const tile = document.createElement("span");
    tile.className = item.kind === "photo" ? "tile" : "tile sound";
    if (item.kind === "photo") {
      const image = new Image();
      image.alt = words.photo;
      image.src = item.preview;
      image.onerror = () => { image.replaceWith(form.querySelector("[data-sign=photo]").content.cloneNode(true)); }; // HEIC, which few browsers show
      tile.append(image);
    } else {
      const audio = document.createElement("audio");
      audio.controls = true;
      audio.src = item.preview;
      tile.append(audio);
    }
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", words.uploading);
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", words.remove);
    button.append(form.querySelector("[data-sign=close]").content.cloneNode(true));
    button.addEventListener("click", () => remove(item));
    tile.append(bar, button);
    item.bar = bar;
    return tile;
  }

  function add(file, kind) {
    if (file.size > LARGEST_BYTES) { onProblem(words.tooLarge); return; }
    const item = { kind, file, key: newKey(), preview: URL.createObjectURL(file), ending: new AbortController(), id: null };
    item.tile = tileOf(item);
    items.push(item);
    tray.append(item.tile);
    item.done = send(item);
    changed();
  }

  async function send(item) {
    item.tile.classList.remove("failed");
    item.failed = false;
    try {
      const made = await upload(form.dataset.upload, form.elements.csrf.value, item.file, item.key, (part) => { item.bar.value = part * 0.9; }, item.ending.signal);
      item.id = made.id;
      item.tile.classList.add("done");
    } catch (error) {
      if (item.ending.signal.aborted) return;
      item.failed = true;
      item.tile.classList.add("failed");
      onProblem(error.message || words.failed);
    }
  }

  photoButton.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    const chosen = [...chooser.files];
    const room = MOST_PHOTOS - items.length;
    if (chosen.length > room) onProblem(words.tooMany);
    chosen.slice(0, room).forEach((file) => add(file, "photo"));
    chooser.value = "";
  });
  form.addEventListener("paste", (event) => {
    const pictures = [...(event.clipboardData?.files || [])].filter((file) => file.type.startsWith("image/"));
    if (!pictures.length || photoButton.disabled) return;
    event.preventDefault();
    pictures.slice(0, MOST_PHOTOS - items.length).forEach((file) => add(file, "photo"));
  });

  recording(voiceButton, recorder, (file) => add(file, "voice"), () => onProblem(words.noMicrophone));
  photoButton.hidden = false;
  return {
    ids: () => items.map((item) => item.id),
    count: () => items.length,
    /** Wait for all uploads; failed ones are tried once more. Whether all are there. */
    async ready() {
      for (const item of items) if (item.failed) item.done = send(item);
      await Promise.all(items.map((item) => item.done));
      return items.every((item) => item.id);
    },
    clear() { [...items].forEach(remove); },
  };
}

/** Record speech where the browser can: begin, see the time, stop or throw away. */
function recording(button, panel, onFile, onRefused) {
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return;
  const time = panel.querySelector("time");
  let running = null;
  button.hidden = false;

  function end(keep) {
    if (!running) return;
    running.keep = keep;
    if (running.recorder.state !== "inactive") running.recorder.stop();
  }

  button.addEventListener("click", async () => {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, noiseSuppression: true } });
    } catch { onRefused(); return; }
    const pieces = [];
    const recorder = new MediaRecorder(stream);
    const mine = { recorder, keep: true };
    running = mine;
    recorder.ondataavailable = (event) => pieces.push(event.data);
    const begun = Date.now();
    const ticking = setInterval(() => {
      const seconds = Math.floor((Date.now() - begun) / 1000);
      time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      if (seconds >= LONGEST_SECONDS) end(true);
    }, 250);
    recorder.onstop = () => {
      clearInterval(ticking);
      stream.getTracks().forEach((track) => track.stop());
      panel.hidden = true;
      running = null;
      if (mine.keep && pieces.length) onFile(new Blob(pieces, { type: recorder.mimeType }));
    };
    time.textContent = "0:00";
    panel.hidden = false;
    recorder.start();
    panel.querySelector("[data-record=stop]").focus();
  });
  panel.querySelector("[data-record=stop]").addEventListener("click", () => end(true));
  panel.querySelector("[data-record=drop]").addEventListener("click", () => end(false));
}
