// A link to My application carries number and secret in the fragment, which never reaches a server.
// They go into the form, and out of the address, so that neither history nor a shared link keeps them.

const form = document.getElementById("mine");
const [receipt, secret] = decodeURIComponent(location.hash.slice(1)).split(".");

if (form && receipt && secret) {
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.receipt.value = receipt;
  form.elements.secret.value = secret;
  form.requestSubmit();
}
