// Copies the front-end files that we serve ourselves out of node_modules, at the versions of package-lock.json.
// package.json says which: "vendor" is source → target, "icons" are the Tabler icons that go into the one sprite.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { trim } from "./trim.mjs";

const read = (path) => readFileSync(path, "utf8");
const setup = JSON.parse(read("package.json"));
const target = "app/static/vendor";

if (read("package-lock.json").includes('"resolved"'))
  throw new Error("package-lock.json names a registry; make it again with: npm install --omit-lockfile-registry-resolved");

for (const [from, to] of Object.entries(setup.vendor)) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(join("node_modules", from), to);
}

// Maps are not served, so the lines that point at them would only be 404s in the developer tools.
for (const to of Object.values(setup.vendor).filter((name) => /\.(css|js)$/.test(name)))
  writeFileSync(to, read(to).replace(/\n?(\/\*# sourceMappingURL=.*?\*\/|\/\/# sourceMappingURL=.*)/, ""));
const css = join(target, "tabler.min.css");

// The package of Tabler has no licence file; its licence stands in the head of the CSS.
const holders = [...read(css).slice(0, 400).matchAll(/^ \* (Copyright .*)$/gm)].map((m) => m[1]);
if (!holders.length) throw new Error("no copyright lines in the head of tabler.min.css");
const mit = read(join("node_modules", "@tabler/icons/LICENSE"));
writeFileSync(join(target, "tabler.LICENSE"), mit.replace(/^Copyright .*$/m, holders.join("\n")));

// Of Tabler we send the rules that our pages can use: a tenth of it.
const sources = ["app/templates", "app/static/js", "app/fab", "app/views"].flatMap((folder) =>
  readdirSync(folder, { recursive: true }).filter((name) => /\.(html|js|py)$/.test(name)).map((name) => join(folder, name)));
const whole = read(css);
writeFileSync(css, trim(whole, sources.map(read).join("\n")));
// What it could style: a test says when a page uses something of it that we left out.
writeFileSync("scripts/tabler-classes.txt", [...new Set(whole.match(/\.[A-Za-z][\w-]*(?=[^{}]*\{)/g))].map((name) => name.slice(1)).sort().join(" ") + "\n");

const symbols = setup.icons.map((name) => {
  const file = join("node_modules/@tabler/icons/icons/outline", `${name}.svg`);
  if (!existsSync(file)) throw new Error(`Tabler has no icon "${name}"`);
  const shapes = read(file)
    .replace(/^[\s\S]*?<svg[^>]*>/, "")
    .replace("</svg>", "")
    .replace(/<path stroke="none"[^>]*\/>/, "")
    .replace(/\s+/g, " ")
    .replaceAll("> <", "><")
    .trim();
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
});
writeFileSync(join(target, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
console.log(`${Object.keys(setup.vendor).length} files and ${symbols.length} icons`);
