/* Copies words that are shown, where the browser allows it; elsewhere the button stays hidden and a long press selects them. */

for (const button of document.querySelectorAll("[data-copy]")) {
  const words = document.getElementById(button.dataset.copy);
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(words.textContent);
    document.querySelector("[data-copied]").hidden = false;
  });
}
