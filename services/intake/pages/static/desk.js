// A bundle of cards is keyed in without a mouse: the first field has the focus, Enter goes on to the next one.

const form = document.getElementById("card-form");
const fields = [...form.querySelectorAll("input:not([type=hidden]), select, button")];

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.target.tagName === "BUTTON") return;
  event.preventDefault();
  fields[fields.indexOf(event.target) + 1]?.focus();
});
