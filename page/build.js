/**
 * One classic script from the modules of engine/: a page that is opened from a file may load no modules.
 *
 *     npm ci && npm run build -- FOLDER
 */

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

await build({
  ...HOW,
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: ["engine/index.js"],
  globalName: "backprop86",
  outfile: join(folder, "engine.js"),
  plugins: [bundled],
});
