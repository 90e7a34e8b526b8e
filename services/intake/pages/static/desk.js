// A batch of cards is keyed in without a mouse: the first field has the focus, Enter goes on to the next one.

const form = document.getElementById("card-form");
const hold = document.getElementById("hold-form");
const typed = (part) => [...part.querySelectorAll("input:not([type=hidden]), select, button")];

// Who has named all companions, or all wishes, goes on behind the fields that are left empty.
function next(fields, field) {
  const group = field.value === "" ? field.name.split(".")[0] : "";
  const after = fields.slice(fields.indexOf(field) + 1);
  return after.find((one) => group === "" || !one.name.startsWith(`${group}.`));
}

for (const part of [form, hold]) {
  part?.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key !== "Enter" || event.isComposing || field.tagName === "BUTTON") return;
    event.preventDefault();
    // The first of a group must not be passed over.
    const required = field.required || field.name.endsWith(".1") && field.name.startsWith("wishes");
    const fields = typed(part);
    (required ? fields[fields.indexOf(field) + 1] : next(fields, field))?.focus();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "F8") return;
  event.preventDefault();
  if (hold.contains(document.activeElement)) {
    form?.querySelector("input:not([type=hidden])").focus();
    return;
  }
  const card = form?.elements.namedItem("card");
  if (card?.value) hold.elements.namedItem("hold-card").value = card.value;
  hold.elements.namedItem("hold-reason").focus();
});

form?.addEventListener("focusin", (event) => {
  if (event.target.name === "card") event.target.select();
});

// Beside a code stands what it means, so that a slip of the finger is seen at once.
const slots = new Map([...document.querySelectorAll("#slot-codes option")].map((one) => [one.value, one.textContent]));

function meaning(text) {
  const code = text.normalize("NFKC").toLowerCase().replaceAll(/[\s,・/-]/g, "").replace(/^(\d{3})(?!\d)/, "0$1");
  return slots.get(code) ?? "";
}

for (const field of document.querySelectorAll("[data-slot]")) {
  const echo = document.getElementById(`echo-${field.name}`);
  const say = () => {
    echo.textContent = meaning(field.value);
  };
  field.addEventListener("input", say);
  say();
}
