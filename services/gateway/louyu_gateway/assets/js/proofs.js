/* Proof of play: what was on, from when until when. Kept on the box until the server has confirmed it, and bounded. */

const MOST_KEPT = 2000;
const BATCH = 200;
// Numbers follow the clock, ten for each second, so that they grow even if the store was lost. One that is further ahead
// than this many is of a clock that was wrong, and would not be believed.
const MOST_AHEAD = 1200;

export class Proofs {
  constructor(storeKey, url) {
    this.storeKey = storeKey;
    this.url = url;
    const kept = this.load();
    this.records = kept.records;
    this.lastRecord = kept.lastRecord;
  }

  load() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.storeKey));
      if (kept && Array.isArray(kept.records)) return kept;
    } catch (error) { /* nothing kept, or nothing usable */ }
    return { records: [], lastRecord: 0 };
  }

  save() {
    try { localStorage.setItem(this.storeKey, JSON.stringify({ records: this.records, lastRecord: this.lastRecord })); } catch (error) { /* full: they are still in memory */ }
  }

  add({ item, from, until }) {
    if (until <= from) return;
    const least = Math.floor(until / 1000) * 10;
    const isAhead = this.lastRecord >= least + MOST_AHEAD;
    this.lastRecord = isAhead ? least : Math.max(this.lastRecord + 1, least);
    this.records.push({ record: this.lastRecord, item, from, until });
    this.records = this.records.slice(-MOST_KEPT);
    this.save();
  }

  /** Send what is kept, the oldest first; on any failure it stays. */
  async send(version) {
    while (this.records.length) {
      const batch = this.records.slice(0, BATCH);
      try {
        const response = await fetch(this.url, {
          method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ playlist_version: version, shown: batch }),
        });
        if (!response.ok) return;
        const { accepted_up_to: accepted } = await response.json();
        const left = this.records.filter((record) => record.record > accepted);
        if (left.length === this.records.length) return;
        this.records = left;
        this.save();
      } catch (error) {
        return;
      }
    }
  }
}
