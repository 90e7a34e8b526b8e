// The page's language, its words, and a worker made of the text in this file: nothing is loaded from anywhere.
const ALL_WORDS = JSON.parse(document.getElementById("words").textContent);

function speak(language) {
  document.documentElement.lang = language;
  const words = ALL_WORDS[language];
  for (const place of document.querySelectorAll("[data-word]")) place.innerHTML = words[place.dataset.word];
  document.title = words.title;
  const template = document.querySelector("[data-verify] template");
  template.innerHTML = Object.entries(words).map(([key, text]) => `<data value="${key}">${text}</data>`).join("");
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
}

function startWorker() {
  const engine = document.getElementById("engine").textContent;
  return new Worker(URL.createObjectURL(new Blob([engine], { type: "text/javascript" })));
}

/** The language that a tag of the browser's asks for, or null; traditional Chinese is none that there are words in. */
function known(tag) {
  const [language, ...rest] = tag.toLowerCase().split("-");
  if (language === "zh") return ["", "hans", "cn", "sg"].includes(rest[0] ?? "") ? "zh-Hans" : null;
  return language in ALL_WORDS ? language : null;
}

speak(navigator.languages.map(known).find(Boolean) ?? "en");
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => speak(button.dataset.language));
}
module_panel.setUp(document.querySelector("[data-verify]"), startWorker);
