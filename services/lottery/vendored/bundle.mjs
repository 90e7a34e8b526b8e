// Makes pages/static/verify/vendor: one readable module of the pinned libraries, their licences, and a manifest with
// where each came from (npm's own checksum) and the SHA-256 of what lies there. A test compares the files with it.
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { build, version } from "esbuild";

const OUT = new URL("../pages/static/verify/vendor/", import.meta.url);
const WHY = {
  "@noble/curves": "arithmetic on Ed25519 (witnesses' signatures) and BLS12-381 (drand's)",
  "@noble/hashes": "SHA-256, SHA-512 and HMAC, also where the browser offers no crypto.subtle (file://, http://)",
};

const here = (name) => new URL(name, import.meta.url);
const sha256 = (name) => createHash("sha256").update(readFileSync(new URL(name, OUT))).digest("hex");
const locked = JSON.parse(readFileSync(here("package-lock.json"), "utf8")).packages;

await build({
  entryPoints: [here("noble.mjs").pathname], outfile: new URL("noble.mjs", OUT).pathname,
  bundle: true, format: "esm", target: "es2022", charset: "utf8", absWorkingDir: here(".").pathname,
});

const packages = Object.entries(WHY).map(([name, why]) => {
  const { version, integrity } = locked[`node_modules/${name}`];
  const licence = `LICENSE.${name.split("/")[1]}.txt`;
  copyFileSync(here(`node_modules/${name}/LICENSE`), new URL(licence, OUT));
  return { name, version, source: "npm", licence: "MIT, © 2022 Paul Miller", integrity, why, files: { [licence]: sha256(licence) } };
});
packages[0].files["noble.mjs"] = sha256("noble.mjs");
const made = `services/lottery/vendored: npm ci --ignore-scripts && npm run bundle (esbuild ${version}); noble.mjs holds both packages`;
writeFileSync(new URL("manifest.json", OUT), JSON.stringify({ made, packages }, null, 2) + "\n");
