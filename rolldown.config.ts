import { readFileSync } from "node:fs";
import { defineConfig } from "rolldown";
import { keepFilesBeside } from "./scripts/build/keep-files-beside.ts";

// The file is this package's own, with the field that npm requires.
const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
const packages = Object.keys(dependencies);

/**
 * `dist/` mirrors `src/` module by module, so that a path made with `new URL("./x", import.meta.url)` is the same in both
 * and a late import stays late. Dependencies stay outside: npm installs them.
 */
export default defineConfig({
  input: "src/cli/main.ts",
  platform: "node",
  external: (id) => id.startsWith("node:") || packages.some((name) => id === name || id.startsWith(`${name}/`)),
  plugins: [keepFilesBeside("src")],
  output: {
    dir: "dist",
    cleanDir: true,
    format: "esm",
    preserveModules: true,
    preserveModulesRoot: "src",
    entryFileNames: "[name].js",
  },
});
