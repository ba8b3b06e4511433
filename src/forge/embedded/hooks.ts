import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../../base/index.ts";

/** The descriptor that the broker's end of the dialogue is on; `git http-backend` and `receive-pack` hand it down. */
export const HOOK_DESCRIPTOR = 3;

/**
 * The only hook that ever runs. It decides nothing: it tells the broker what a push asks for, and does what it answers.
 * Every line has a prefix, so that a hostile ref name with a line feed in it can end nothing. No answer is a refusal.
 */
const PRE_RECEIVE = `#!/bin/sh
LC_ALL=C
export LC_ALL
{
  printf 'quarantine %s\\n' "$GIT_QUARANTINE_PATH"
  printf 'objects %s\\n' "$GIT_OBJECT_DIRECTORY"
  while IFS= read -r line || [ -n "$line" ]; do printf 'ref %s\\n' "$line"; done
  printf 'end\\n'
} >&${HOOK_DESCRIPTOR} 2>/dev/null || exit 1
while IFS= read -r line <&${HOOK_DESCRIPTOR}; do
  case "$line" in
    "say "*) printf '%s\\n' "\${line#say }" >&2 ;;
    allow) exit 0 ;;
    *) exit 1 ;;
  esac
done
printf 'sallyport: refused, because nobody judged this push\\n' >&2
exit 1
`;

/** Puts the hook into a folder of its own under `folder`, once for each text of it, and gives the hooks folder. */
export function installHooks(folder: string): string {
  const digest = createHash("sha256").update(PRE_RECEIVE).digest("hex").slice(0, 16);
  const hooks = join(folder, `hooks-${digest}`);
  if (existsSync(hooks)) return hooks;
  const draft = mkdtempSync(join(folder, "new-hooks-"));
  writeFileSync(join(draft, "pre-receive"), PRE_RECEIVE, { mode: 0o500 });
  chmodSync(draft, 0o500);
  try {
    renameSync(draft, hooks);
  } catch (error) {
    chmodSync(draft, 0o700);
    rmSync(draft, { recursive: true });
    const code = systemErrorCode(error);
    // Another process was faster; its text is the same.
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
  return hooks;
}
