import { readFile } from "node:fs/promises";
import { performPlay } from "./perform-play.ts";
import { parsePlay, type Play } from "./play.ts";

// The script agent: plays a file of tool calls, shell commands and pushes. It runs inside the box, holds no credential
// and imports nothing of Sallyport's, so that what it can do is what any agent can do.

const EXIT_STOPPED = 1;
const EXIT_INVALID = 2;

const [file, door, workspace] = process.argv.slice(2);
if (file === undefined || door === undefined || workspace === undefined) {
  throw new TypeError("usage: program PLAY DOOR WORKSPACE");
}
const play = await readPlay(file);
if (play !== null) {
  const gateway = new URL("/mcp", door);
  const ended = await performPlay(play, { gateway, workspace, print: (line) => console.log(line) });
  if (!ended) process.exitCode = EXIT_STOPPED;
}

async function readPlay(path: string): Promise<Play | null> {
  try {
    return parsePlay(await readFile(path, "utf8"));
  } catch (error) {
    console.error(`The play is invalid: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = EXIT_INVALID;
    return null;
  }
}
