// The check beside the page, so that the page stays alive: takes one job, tells how far it is, answers with the verdict.
import { check } from "./check.mjs";

addEventListener("message", async ({ data: { file, url, proof, kept, entry } }) => {
  try {
    const stream = file ? file.stream() : url && (await published(url));
    const proofBytes = proof ? new Uint8Array(await proof.arrayBuffer()) : null;
    postMessage(await check({ stream, proof: proofBytes, kept, entry, publicPart: true, progress: teller() }));
  } catch (error) {
    postMessage({ verdict: "unreadable", what: error.message });
  }
});

async function published(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.body;
}

/** Tells at most ten times a second. */
function teller() {
  let last = 0;
  return (bytes, lines) => {
    if (performance.now() - last < 100) return;
    last = performance.now();
    postMessage({ bytes, lines });
  };
}
