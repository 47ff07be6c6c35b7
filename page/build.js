/**
 * The page as files that a browser opens from a disk, where it may load no modules: classic scripts and a style.
 *
 * engine.js is the engine alone; page.js is the engine and the page's parts.
 *
 *     npm ci && npm run build -- FOLDER
 */

import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const [, , folder = "../site/page"] = process.argv;
const HOW = { bundle: true, minify: true, charset: "utf8", format: "iife", target: "es2022", logLevel: "warning" };

/** `import source from "bundled:./worker.js"` is the text of that module and of all that it imports, as one script. */
const bundled = {
  name: "bundled",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^bundled:/ }, ({ path, resolveDir }) => (
      { path: join(resolveDir, path.slice("bundled:".length)), namespace: "bundled" }
    ));
    onLoad({ filter: /.*/, namespace: "bundled" }, async ({ path }) => {
      const { outputFiles: [{ text }] } = await build({ ...HOW, entryPoints: [path], write: false });
      return { contents: text, loader: "text" };
    });
  },
};

const here = fileURLToPath(new URL(".", import.meta.url));
const entryPoints = { engine: "engine/index.js", page: "view/main.js", "page.css": "page.css" };
for (const [name, file] of Object.entries(entryPoints)) {
  const outfile = join(folder, name.includes(".") ? name : `${name}.js`);
  const globalName = name === "engine" ? "backprop86" : undefined;
  await build({ ...HOW, absWorkingDir: here, entryPoints: [file], outfile, globalName, plugins: [bundled] });
}
await copyFile(join(here, "index.html"), join(folder, "index.html"));
