/* The composer: sends in place, keeps the words when sending fails, and never posts one message twice. */

import { attachments } from "./attachments.js";

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Make `form` send without leaving the page; `onSent` is called when the message stands in the group. Returned is
 * `quote({reply, sender, text})`, which makes what is written a reply to the message at that position, and
 * `tell(error)`, which says above the composer what went wrong.
 */
export function composer(form, onSent) {
  const text = form.elements.text;
  const key = form.elements.key;
  const button = form.querySelector(".button.primary");
  let tried = null;
  const media = attachments(form, (count) => { text.required = count === 0; }, showProblem);
  const replyTo = form.elements.reply_to;
  const quoting = form.querySelector(".quoting");
  const problem = document.querySelector(".composer .problem");

  function showProblem(words) {
    problem.textContent = words;
    problem.hidden = false;
  }

  function fit() {
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 3}px`;
  }

  function quote(message) {
    replyTo.value = message ? message.reply : "";
    quoting.querySelector("b").textContent = message ? message.sender : "";
    quoting.querySelector("span").textContent = message ? message.text : "";
    quoting.hidden = !message;
    text.focus();
  }

  function tell(error) {
    problem.textContent = error instanceof TypeError || error instanceof SyntaxError ? form.dataset.offline : error.message;
    problem.hidden = false;
  }

  async function send() {
    if ((!text.value.trim() && !media.count()) || button.disabled || !form.reportValidity()) return;
    button.disabled = true;
    problem.hidden = true;
    if (!await media.ready()) { // what failed is named, and tried again with the next tap
      button.disabled = false;
      if (problem.hidden) showProblem(form.dataset.offline);
      return;
    }
    form.elements.media.value = media.ids().join(" ");
    // What was written further after a failure is another message, so it takes another key.
    const words = `${replyTo.value} ${form.elements.media.value} ${text.value}`;
    if (tried !== null && tried !== words) key.value = newKey();
    tried = words;
    try {
      // The key stays until the answer has come: sending again after a lost answer gives the first message.
      const response = await fetch(form.action, {
        method: "POST", credentials: "same-origin", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.message);
      key.value = answer.next_key;
      tried = null;
      text.value = "";
      media.clear();
      quote(null);
      problem.hidden = true;
      fit();
      onSent();
    } catch (error) {
      tell(error);
    } finally {
      button.disabled = false;
      text.focus();
    }
  }

  text.addEventListener("input", fit);
  quoting.querySelector("button").addEventListener("click", () => quote(null));
  form.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.isComposing) quote(null); });
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  text.addEventListener("keydown", (event) => {
    // With a real keyboard Enter sends; while an input method is composing, Enter belongs to it.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && matchMedia("(pointer: fine)").matches) {
      event.preventDefault();
      send();
    }
  });
  return { quote, tell };
}
