/* A text with a bound (data-most) is never cut: whoever writes or pastes too much is told by how many signs it is. */

/** Whether the field holds no more than it may. Counted are signs, as the services count them. */
function check(field) {
  const most = Number(field.dataset.most);
  const over = [...field.value].length - most;
  field.setCustomValidity(over > 0 ? field.dataset.tooLong.replace("{n}", over) : "");
  return over <= 0;
}

addEventListener("input", (event) => {
  if (event.target.dataset.most && !check(event.target)) event.target.reportValidity();
});
