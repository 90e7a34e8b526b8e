// Sends a form that was turned away again by itself, after the time that the server named, unless one says no.
// The time is read out once, not each second: what counts down is for the eyes only.

const form = document.querySelector("form[data-again]");
const said = form.querySelector("[data-said]");
const stop = form.querySelector("[data-stop]");
const due = Date.now() + Number(form.dataset.again) * 1000;
const counting = document.createElement("span");

function left() {
  return Math.max(0, Math.ceil((due - Date.now()) / 1000));
}

said.textContent = form.dataset.says.replace("{seconds}", form.dataset.again);
counting.setAttribute("aria-hidden", "true");
said.append(" ", counting);
stop.hidden = false;

const clock = setInterval(() => {
  counting.textContent = `(${left()})`;
  if (left() === 0) {
    clearInterval(clock);
    form.requestSubmit();
  }
}, 1000);

function rest() {
  clearInterval(clock);
  stop.hidden = true;
}

stop.addEventListener("click", () => {
  rest();
  said.textContent = "";
  form.querySelector("button[type=submit]").focus();
});
form.addEventListener("submit", rest);
