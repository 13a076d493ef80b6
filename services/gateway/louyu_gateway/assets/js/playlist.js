/* What a lobby screen shows, in which order. Pure: no page, no network, no clock of its own.
   An emergency pre-empts everything; several take turns, the newest first. With nothing valid a welcome stands there. */

const WELCOME = {
  id: "welcome", item: "", kind: "welcome", label: "楼宇议事", title: "有事在群里说，一定有人答复", paragraphs: ["扫描屏幕下方的二维码，加入本楼的群。"],
  source: "", seconds: 15, validFrom: 0, validUntil: 0,
};

export class Playlist {
  constructor() {
    this.version = 0;
    this.slides = [];
    this.last = { ordinary: "", emergency: "" };
  }

  /** Take the whole state from the server. The slide that is on keeps its place if it is still there. */
  take(state) {
    this.version = state.version;
    this.slides = state.slides;
  }

  /** Return the slides to be shown at `now` (ms), in order; with `now` null, when the clock is wrong, those without an end. */
  valid(now) {
    const valid = this.slides.filter((slide) => (now === null ? !slide.validUntil && !slide.validFrom
      : slide.validFrom <= now && (!slide.validUntil || now < slide.validUntil)));
    const emergencies = valid.filter((slide) => slide.kind === "emergency");
    return emergencies.length ? emergencies : valid;
  }

  hasEmergency(now) {
    return this.valid(now).some((slide) => slide.kind === "emergency");
  }

  /** Whether what is on must make way at once: an emergency has come, or the last one is over. */
  preempts(current, now) {
    return (current.kind === "emergency") !== this.hasEmergency(now);
  }

  /** Return the next slide; after the last one, the first. Ordinary slides resume where an emergency cut in. */
  next(now) {
    const valid = this.valid(now);
    if (!valid.length) return WELCOME;
    const series = valid[0].kind === "emergency" ? "emergency" : "ordinary";
    const at = valid.findIndex((slide) => slide.id === this.last[series]);
    const slide = valid[(at + 1) % valid.length];
    this.last[series] = slide.id;
    return slide;
  }
}
