// Camera, sound, and answers without a page load. Without this script the form posts and the page answers.

const form = document.getElementById("scan");
const answer = document.getElementById("answer");
const field = form.elements.token;
const say = document.getElementById("camera-say");
const video = document.getElementById("camera");
const startButton = document.getElementById("camera-start");
const PAUSE_AFTER_SAME = 3000;

let asking = false;
let last = { token: "", at: 0 };
let sound;

// Sound: two rising tones for "come in", one low and long for "stop", two equal ones for "ask".
const TUNES = {
  admit: [[660, 0, 0.12], [990, 0.13, 0.2]],
  stop: [[180, 0, 0.6]],
  ask: [[440, 0, 0.15], [440, 0.25, 0.15]],
};

function play(tone) {
  // Browsers allow sound after the first touch or key only.
  sound ??= new AudioContext();
  if (sound.state === "suspended") sound.resume();
  for (const [pitch, after, length] of TUNES[tone] ?? []) {
    const voice = sound.createOscillator();
    const volume = sound.createGain();
    voice.type = tone === "stop" ? "square" : "sine";
    voice.frequency.value = pitch;
    volume.gain.setValueAtTime(0.25, sound.currentTime + after);
    volume.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + after + length);
    voice.connect(volume).connect(sound.destination);
    voice.start(sound.currentTime + after);
    voice.stop(sound.currentTime + after + length);
  }
}

async function ask() {
  if (asking) return;
  asking = true;
  try {
    const reply = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/html" },
    });
    if (reply.redirected) return location.assign(reply.url);
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const fresh = page.getElementById("answer");
    if (!fresh) return location.assign(form.action);
    document.getElementById("figures").replaceWith(page.getElementById("figures"));
    show(...fresh.childNodes);
  } catch {
    show(document.getElementById("offline").content.cloneNode(true));
  } finally {
    asking = false;
  }
}

function show(...nodes) {
  answer.replaceChildren(...nodes);
  const section = answer.querySelector("[data-tone]");
  if (!section) return;
  field.value = "";
  play(section.dataset.tone);
  const next = answer.querySelector("#next");
  next.addEventListener("click", (event) => {
    event.preventDefault();
    dismiss();
  });
  next.focus();
}

function dismiss() {
  answer.replaceChildren();
  field.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});

document.addEventListener("keydown", (event) => {
  if (!answer.querySelector("[data-tone]")) return;
  if (event.key === "Escape") dismiss();
  // The answer covers the page: the focus stays on its one button.
  if (event.key === "Tab") event.preventDefault();
});

async function canDetect() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return false;
  try {
    return (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
  } catch {
    return false;
  }
}

async function openCamera() {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    await video.play();
  } catch {
    say.textContent = say.dataset.noCamera;
    return;
  }
  video.hidden = false;
  startButton.hidden = true;
  say.textContent = say.dataset.reading;
  document.getElementById("viewfinder").classList.add("viewfinder--live");
  look(new BarcodeDetector({ formats: ["qr_code"] }));
}

async function look(detector) {
  if (!asking && !answer.querySelector("[data-tone='stop'], [data-tone='ask']")) {
    const found = await detector.detect(video).catch(() => []);
    if (found.length) read(found[0].rawValue);
  }
  setTimeout(() => look(detector), 150);
}

function read(token) {
  const now = Date.now();
  // A pass that stays before the camera is one scan, not twenty.
  if (token === last.token && now - last.at < PAUSE_AFTER_SAME) {
    last.at = now;
    return;
  }
  last = { token, at: now };
  field.value = token;
  ask();
}

if (await canDetect()) {
  say.textContent = say.dataset.ready;
  startButton.hidden = false;
  startButton.addEventListener("click", openCamera);
} else {
  say.textContent = say.dataset.noDetector;
}
const first = answer.querySelector("[data-tone]");
if (first) show(...answer.childNodes);
