// The error summary takes the focus when the page opens, so that screen readers begin there.

export function focusSummary(root) {
  const summary = root.querySelector("[data-focus]");
  if (summary) summary.focus();
}
