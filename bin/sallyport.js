#!/usr/bin/env node
// The launcher. It must parse and run on old Nodes (14 and later), so: plain syntax, no dependency, and nothing of ours is
// imported before the version is known to be good (better-sqlite3 crashes Node 20 instead of throwing).
//
// 1. A running Node of at least 24 is used as it is; else the pinned one, the npm package `node`, takes over.
// 2. In a checkout `src/cli/main.ts` runs as it is; the published package has no `src`, there it is `dist/cli/main.js`.

import fs from "fs";
import module from "module";
import { fileURLToPath } from "url";

const NEEDED = 24;
const root = fileURLToPath(new URL("..", import.meta.url));

/** Starts the command line in this process. */
function startHere() {
  // A cache below /tmp could be planted by another user, so it lives in this user's own cache folder or nowhere.
  const cacheHome = process.env.XDG_CACHE_HOME || (process.env.HOME && process.env.HOME + "/.cache");
  if (cacheHome) module.enableCompileCache(cacheHome + "/sallyport/compile-cache");

  const source = new URL("../src/cli/main.ts", import.meta.url);
  const entry = fs.existsSync(source) ? source : new URL("../dist/cli/main.js", import.meta.url);
  import(entry.href)
    .then(function (cli) {
      return cli.main(process.argv.slice(2));
    })
    .then(leave)
    .catch(function (error) {
      console.error(error);
      process.exit(1);
    });
}

/** Ends with `code` once all that was printed has been taken: a pipe with a slow reader would lose the rest. */
function leave(code) {
  process.exitCode = code;
  process.stdout.write("", function () {
    process.stderr.write("", function () {
      process.exit(code);
    });
  });
}

/** Starts the command line in another Node, with the same arguments and streams, and ends as it ends. */
function startIn(node, childProcess) {
  // The channel tells the other Node when this process is killed in a way that cannot be passed on.
  const child = childProcess.spawn(node, [fileURLToPath(import.meta.url)].concat(process.argv.slice(2)), {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: Object.assign({}, process.env, { SALLYPORT_RELAUNCHED: "1" }),
  });
  // A terminal sends Ctrl-C to both processes; passing it on would make it two, and two mean "at once".
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  ["SIGINT", "SIGTERM", "SIGHUP"].forEach(function (signal) {
    process.on(signal, function () {
      if (signal !== "SIGINT" || !terminal) child.kill(signal);
    });
  });
  child.on("error", function (error) {
    fail("the pinned Node.js at " + node + " does not start (" + error.message + "): run `npm ci` again");
  });
  child.on("exit", function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** The pinned Node: in the checkout's own node_modules, or beside the installed package. */
function findPinnedNode() {
  return [root + "node_modules/node", root + "../node"]
    .filter(function (folder) {
      return fs.existsSync(folder + "/bin/node") && fs.existsSync(folder + "/package.json");
    })
    .filter(function (folder) {
      return major(JSON.parse(fs.readFileSync(folder + "/package.json", "utf8")).version) >= NEEDED;
    })
    .map(function (folder) {
      return folder + "/bin/node";
    })[0];
}

function major(version) {
  return Number(version.split(".")[0]);
}

function fail(reason) {
  console.error("sallyport: " + reason + ".");
  process.exit(2);
}

if (major(process.versions.node) >= NEEDED) {
  if (process.env.SALLYPORT_RELAUNCHED && process.channel) {
    delete process.env.SALLYPORT_RELAUNCHED;
    process.channel.unref();
    process.once("disconnect", function () {
      process.kill(process.pid, "SIGTERM");
    });
  }
  startHere();
} else {
  const pinned = findPinnedNode();
  if (pinned === undefined || process.env.SALLYPORT_RELAUNCHED) {
    fail(
      "Node.js " +
        NEEDED +
        " or newer is needed, and this is " +
        process.version +
        ": install it, or the package `node` beside sallyport (`npm ci` in a checkout, else `npm install node@24`)",
    );
  }
  import("child_process").then(function (childProcess) {
    startIn(pinned, childProcess);
  });
}
