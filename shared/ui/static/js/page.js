// What JavaScript adds to every page. Without it the pages work the same, by links and forms.

import { focusSummary } from "./summary.js";
import { showCopyButtons } from "./copy.js";
import { keepFresh } from "./live.js";

focusSummary(document);
showCopyButtons(document);
document.querySelectorAll("[data-live]").forEach(keepFresh);
