// A living block asks its address again and again, and says so when no answer comes.
// The answer is a page or a piece of one that holds a block of the same id.

import { showCopyButtons } from "./copy.js";

export function keepFresh(block) {
  const pause = Math.max(Number(block.dataset.liveSeconds) || 10, 2) * 1000;
  let failures = 0;

  async function refresh() {
    // Nobody looks, or somebody is working in the block: don't take it away from under them.
    const busy = document.hidden || (block.contains(document.activeElement) && document.activeElement !== block);
    if (!busy) failures = (await replace(block)) ? 0 : failures + 1;
    setTimeout(refresh, pause * Math.min(2 ** failures, 8));
  }

  setTimeout(refresh, pause);
}

async function replace(block) {
  try {
    const answer = await fetch(block.dataset.live, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(block.id);
    if (!fresh) throw new Error("no block");
    for (const part of ["[data-live-stamp]", "[data-live-body]"]) {
      block.querySelector(part).replaceChildren(...fresh.querySelector(part).childNodes);
    }
    block.classList.remove("live--old");
    showCopyButtons(block);
    return true;
  } catch {
    sayOld(block);
    return false;
  }
}

function sayOld(block) {
  if (block.classList.contains("live--old")) return;
  block.classList.add("live--old");
  const stamp = block.querySelector("[data-live-stamp]");
  stamp.append(" ", block.dataset.liveStale);
  stamp.setAttribute("role", "status");
}
