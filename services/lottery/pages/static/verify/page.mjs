// The section 「この場で確かめる」 of a draw's page.
import { setUp } from "./panel.mjs";

const panel = document.querySelector("[data-verify]");
if (panel) setUp(panel, () => new Worker(new URL("worker.mjs", import.meta.url), { type: "module" }));
