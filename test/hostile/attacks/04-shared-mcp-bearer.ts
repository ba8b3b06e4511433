import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Grant } from "../../../src/policy/index.ts";
import { createSentences, type Attack } from "../attack.ts";
import type { HostilePlace } from "../hostile-place.ts";
import { attackScript, WIDE } from "../pipeline-files.ts";
import { withRooms } from "../rooms.ts";
import { JWT } from "../search-box.ts";
import { addBranch, commentsOn, decisions, openPullRequest, openTitles } from "../shop.ts";

const NARROW = ["read:repository:bitbucket", "read:pullrequest:bitbucket"];
const NEW = '{"title":"Stolen","source":{"branch":{"name":"idle"}}}';

/** Reads its own MCP configuration, then calls with a stolen token, with forged ones, and with none. */
const SHELL = `
for file in $CONFIG_FILES; do echo "CONFIG $file"; cat "$file"; done
grep -rliE 'bearer|authorization' /opt/sallyport/agent && echo "A BEARER IN THE CONFIG"
stolen=$(cat stolen.txt); head=$(printf '{"alg":"none","typ":"at+jwt"}' | base64 -w0 | tr -d =)
forged=$head.$(echo "$stolen" | cut -d. -f2).
for token in "$stolen" "$forged" "\${stolen%?????}AAAAA" held-by-the-broker; do
  tool createPullRequest '{"title":"Stolen","sourceBranch":"idle"}' -H "Authorization: Bearer $token"
  tool addPullRequestComment '{"pullRequestId":1,"content":"Stolen"}' -H "authorization: bearer $token" -H "Cookie: token=$token" -H "X-Forwarded-User: root"
  ask POST "$api/pullrequests" '${NEW}' -H "Authorization: Bearer $token"
  ask POST "$api/pullrequests?access_token=$token" '${NEW}' | sed 's/access_token=[^ ]*//'
  GIT_TERMINAL_PROMPT=0 git -c http.extraHeader="Authorization: Bearer $token" push -q origin HEAD:refs/heads/stolen 2>&1
done
tool getPullRequestDetails '{"pullRequestId":1}' -H "Authorization: Bearer $stolen"
echo "CALLED ALL"`;

export const sharedMcpBearer: Attack = {
  attack: 4,
  title: "shared MCP bearer",
  where: "box",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    await openPullRequest(place, "feature");
    addBranch(place, "idle");
    place.write({ "stolen.txt": await mintWide(place) });
    const ran = await place.finish(await runAsClaude(place, SHELL, NARROW));
    unless(ran.output.includes("CALLED ALL"), `the agent did not get through its calls: ${ran.output.slice(-500)}`);
    unless(
      /CONFIG \/opt\/sallyport\/agent\/mcp\.json\s+\{\s*"mcpServers"/u.test(ran.output),
      "the agent's MCP configuration was not read",
    );
    unless(!ran.output.includes("A BEARER IN THE CONFIG"), "there is a bearer in the agent's configuration");
    unless(!JWT.test(ran.output), "a token was printed");
    unless(
      (await openTitles(place)).every((title) => title !== "Stolen"),
      "a pull request was opened with a stolen token",
    );
    unless((await commentsOn(place, 1)).length === 0, "a comment was written with a stolen token");
    unless(!place.refs().has("refs/heads/stolen"), "a branch was pushed with a stolen token");
    const made = decisions(ran.events);
    for (const row of ["pullrequests.create mcp scope", "comments.create mcp scope", "git.push git scope"]) {
      const times = made.filter((decision) => decision === row).length;
      unless(times === 4, `${row}: ${times} times on record instead of 4`);
    }
    // The item's own rights, neither more nor less, whatever the header says.
    unless(made.includes("pullrequests.get mcp allow"), "a foreign header took away the item's own rights");
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    await openPullRequest(place, "feature");
    await runAsClaude(place, `tool addPullRequestComment '{"pullRequestId":1,"content":"Read it"}'`, WIDE);
    unless((await commentsOn(place, 1)).includes("Read it"), "an agent with the scope could not comment");
    return { broke: sentences };
  },
};

/** A token that this broker really minted and that is still good: another run's, with every scope. */
function mintWide(place: HostilePlace): Promise<string> {
  const grant: Grant = {
    run: "0f0f0f0f",
    step: 1,
    item: "1-1-agent",
    repository: "demo/shop",
    scopes: [...WIDE],
    agent: "other",
    agentStep: true,
    tools: { default: "allow", tools: {} },
    protectedBranches: [],
    trustedCommit: "0".repeat(40),
    models: [],
    egress: [],
    expiresAt: Date.now() + 3_600_000,
    reviewed: true,
  };
  return withRooms(place.home, async ({ tokens }) => (await tokens.mint(grant)).token.reveal());
}

/** The provider's own launch, with a program in Claude Code's place that hands its configuration files to a shell. */
async function runAsClaude(place: HostilePlace, script: string, scopes: readonly string[]) {
  const folder = join(place.root, "bin");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(
    join(folder, "claude"),
    `#!/usr/bin/env node
import { spawnSync } from "node:child_process";
const files = process.argv.filter((_, index, all) => ["--mcp-config", "--settings"].includes(all[index - 1]));
spawnSync("bash", ["agent.sh"], { stdio: "inherit", env: { ...process.env, CONFIG_FILES: files.join(" ") } });
`,
  );
  chmodSync(join(folder, "claude"), 0o755);
  place.prepare({
    agents: { assistant: { play: [{ say: "not played" }] } },
    files: { "agent.sh": attackScript(script) },
    steps: [{ scopes, items: [{ agent: "assistant" }] }],
  });
  const path = `${folder}:${process.env["PATH"] ?? ""}`;
  return place.sallyport(["run", "custom/work", "--provider", "claude"], { path });
}
