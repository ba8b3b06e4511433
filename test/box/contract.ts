import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BoxExit, BoxProvider, BoxSpec } from "../../src/box/index.ts";

import { LIMITS_OF_ONE } from "./limits.ts";

export const TARGET = "/opt/atlassian/pipelines/agent/build";

export type Ran = BoxExit & { readonly output: string };

let serial = 0;

/** A spec with a workspace of its own below `folder`. */
export function makeSpec(folder: string, changes: Partial<BoxSpec> = {}): BoxSpec {
  const id = `test-${process.pid}-${serial++}`;
  const workspace = join(folder, id);
  mkdirSync(workspace);
  return { id, workspace, workspaceTarget: TARGET, binds: [], environment: {}, limits: LIMITS_OF_ONE, ...changes };
}

/** Opens a box, runs one command in it, and destroys it. */
export async function runIn(
  provider: BoxProvider,
  spec: BoxSpec,
  argv: readonly string[],
  stdin?: string,
): Promise<Ran> {
  const box = await provider.open(spec);
  box.door.on("connection", (socket) => socket.end(`door of ${spec.id}\n`));
  let output = "";
  try {
    const exit = await box.run({
      argv,
      ...(stdin === undefined ? {} : { stdin }),
      onOutput: (chunk) => (output += chunk.toString()),
    });
    return { ...exit, output };
  } finally {
    await box.destroy();
  }
}

/** What every provider of boxes must do, whatever it makes them of. */
export function describeBoxContract(name: string, createProvider: () => BoxProvider): void {
  describe(`${name}: the contract of a box`, () => {
    let provider: BoxProvider;
    let folder: string;
    const bash = (script: string, changes: Partial<BoxSpec> = {}, stdin?: string): Promise<Ran> =>
      runIn(provider, makeSpec(folder, changes), ["bash", "-c", script], stdin);

    beforeAll(() => {
      provider = createProvider();
      folder = mkdtempSync(join(tmpdir(), "sallyport-box-"));
    });
    afterAll(async () => {
      await provider[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    });

    test.for([
      [["true"], 0],
      [["bash", "-c", "exit 3"], 3],
      [["bash", "-c", "exit 255"], 255],
      [["bash", "-c", "kill -9 $$"], 137],
      [["bash", "-c", "kill -TERM $$"], 143],
      [["no-such-program"], 127],
      [["/usr"], 127],
    ] as const)("%j exits with %i", async ([argv, code]) => {
      expect(await runIn(provider, makeSpec(folder), argv)).toMatchObject({ code, limit: null });
    });

    test("what a command prints that looks like bubblewrap's own message is output", async () => {
      expect(await bash("echo 'bwrap: No permissions'; exit 1")).toMatchObject({
        code: 1,
        output: "bwrap: No permissions\n",
      });
    });

    test("standard output and standard error arrive in the order of writing, all of it", async () => {
      const { output } = await bash("for i in {1..500}; do echo $i; echo $i >&2; done");
      expect(output).toBe(Array.from({ length: 500 }, (_, i) => `${i + 1}\n${i + 1}\n`).join(""));
      expect((await bash("head -c 5000000 /dev/zero | tr '\\0' x")).output).toHaveLength(5_000_000);
    });

    test("standard input is written and closed; its and the outputs' names can be opened", async () => {
      const text = "x".repeat(300_000);
      expect((await bash("wc -c", {}, text)).output.trim()).toBe("300000");
      expect((await bash("cat /dev/stdin >/dev/stderr", {}, "words")).output).toBe("words");
      expect((await bash("cat")).output).toBe("");
      expect(await bash("exit 4", {}, text)).toMatchObject({ code: 4 });
    });

    test("arguments are passed as they are", async () => {
      const strange = ["", " ", "a b", "$HOME", "'\"", "\n", "--", "-x", "ü\u{1f512}"];
      const { output } = await runIn(provider, makeSpec(folder), ["printf", "<%s>", ...strange]);
      expect(output).toBe(strange.map((argument) => `<${argument}>`).join(""));
    });

    test("the environment is the given one and nothing of ours", async () => {
      const { output } = await bash("env -0 | sort -z | tr '\\0' '\\n'", {
        environment: { B: "two\nlines", PATH: "/usr/bin:/bin" },
      });
      expect(output).toBe(
        `B=two\nlines\nHOME=/home/agent\nPATH=/usr/bin:/bin\nPWD=${TARGET}\nSHLVL=0\n_=/usr/bin/env\n`.replace(
          "SHLVL=0",
          /SHLVL=\d/.exec(output)?.[0] ?? "",
        ),
      );
    });

    test("the workspace is writable and keeps what was written; a bind is as it says; the rest is read-only", async () => {
      const shared = join(folder, "shared");
      mkdirSync(shared, { mode: 0o755 });
      writeFileSync(join(shared, "file"), "shared");
      const spec = makeSpec(folder, { binds: [{ source: shared, target: "/opt/sallyport/shared", writable: false }] });
      writeFileSync(join(spec.workspace, "given"), "given");
      const script = `cat given /opt/sallyport/shared/file; echo made >> given; pwd
        for path in / /usr /etc /opt /opt/sallyport/shared /proc/sys; do touch $path/x 2>/dev/null && echo "wrote $path"; done
        touch /tmp/x ~/x`;
      const ran = await runIn(provider, spec, ["bash", "-c", script]);
      expect(ran).toMatchObject({ code: 0, output: `givenshared${TARGET}\n` });
      expect(readFileSync(join(spec.workspace, "given"), "utf8")).toBe("givenmade\n");
    });

    test("nothing of the host's private files is there", async () => {
      const { output } = await bash(
        "ls -A /; cat /etc/passwd; ls /home /root /var /run /sys /etc/shadow /etc/gitconfig /etc/ssl/private /work 2>/dev/null",
      );
      expect(output).not.toMatch(/^(root|var|run|sys|work|mnt|srv|boot)$/m);
      expect(output.match(/^\w+:/gm)).toEqual(
        ["root:", "agent:", "nobody:", "/home:"].filter((line) => line !== "/home:"),
      );
    });

    test("the door reaches the listener of this box only", async () => {
      const specs = [makeSpec(folder), makeSpec(folder)];
      const ran = await Promise.all(
        specs.map((spec) => runIn(provider, spec, ["bash", "-c", "cat </dev/tcp/127.0.0.1/29418"])),
      );
      expect(ran.map((one) => one.output)).toEqual(specs.map((spec) => `door of ${spec.id}\n`));
    });

    test("the network has only loopback, no route, and reaches nothing", async () => {
      const { output } = await bash(
        "tail -n +3 /proc/net/dev | cut -d: -f1; tail -n +2 /proc/net/route; (echo </dev/tcp/1.1.1.1/53) 2>&1 | grep -o 'Network is unreachable' | head -1",
      );
      expect(
        output
          .trim()
          .split("\n")
          .map((line) => line.trim()),
      ).toEqual(["lo", "Network is unreachable"]);
    });

    test("no capability, no new privileges, a seccomp filter, namespaces of its own, no descriptor of ours", async () => {
      const { output } = await bash(`grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups)' /proc/self/status | tr -d ' \\t'
        for n in user pid mnt net ipc uts cgroup; do readlink /proc/self/ns/$n; done; hostname; exec ls /proc/self/fd`);
      // The last descriptor is that of the directory which `ls` reads.
      for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
        expect(output).toContain(`${set}:0000000000000000\n`);
      expect(output).toContain("Groups:\n");
      expect(output).toContain("NoNewPrivs:1\nSeccomp:2\n");
      for (const kind of ["user", "pid", "mnt", "net", "ipc", "uts", "cgroup"]) {
        expect(output).toContain(`${kind}:[`);
        expect(output).not.toContain(readlinkSync(`/proc/self/ns/${kind}`));
      }
      expect(output).toMatch(/\nsallyport\n0\n1\n2\n3\n$/);
    });

    test("the programs that steps are made of run: node, git, python3, make, curl", async () => {
      const node = { source: process.execPath, target: "/opt/sallyport/node", writable: false };
      const script = `set -e
        /opt/sallyport/node -e 'require("node:child_process").execFileSync("true"); new (require("node:worker_threads").Worker)("console.log(1)", {eval: true})'
        git init -q . && git config user.name a && git config user.email a@b && echo x >f && git add f && git commit -qm 2 && git log --format=%s
        /usr/bin/python3 -uc 'import subprocess, threading; t = threading.Thread(target=print, args=(3,)); t.start(); t.join(); subprocess.run(["echo", "4"])'
        printf 'all:\\n\\t@echo 5\\n' >Makefile && make -s
        curl -sS telnet://127.0.0.1:29418 </dev/null | grep -c door`;
      expect(await bash(script, { binds: [node] })).toEqual({ code: 0, limit: null, output: "1\n2\n3\n4\n5\n1\n" });
    });

    test("a box runs one command, and is destroyed as often as one likes, also unused or while it runs", async () => {
      const box = await provider.open(makeSpec(folder));
      await box.run({ argv: ["true"], onOutput: () => {} });
      await expect(box.run({ argv: ["true"], onOutput: () => {} })).rejects.toThrow(TypeError);
      await Promise.all([box.destroy(), box.destroy()]);
      await (await provider.open(makeSpec(folder))).destroy();
      const running = await provider.open(makeSpec(folder));
      const started = Promise.withResolvers<void>();
      const exit = running.run({ argv: ["bash", "-c", "echo up; sleep 1000"], onOutput: () => started.resolve() });
      await started.promise;
      await running.destroy();
      expect(await exit).toEqual({ code: 137, limit: null });
    });

    test("a warm box is like any other", async () => {
      provider.warm();
      expect(await bash("cat </dev/tcp/127.0.0.1/29418; exit 5")).toMatchObject({
        code: 5,
        output: expect.stringContaining("door of"),
      });
    });

    test.for([
      { id: "../x" },
      { id: "" },
      { id: "A" },
      { workspaceTarget: "relative" },
      { workspaceTarget: "/a/../b" },
      { environment: { "A=B": "" } },
      { environment: { A: "\0" } },
      { limits: { ...LIMITS_OF_ONE, pids: 0 } },
      { limits: { ...LIMITS_OF_ONE, memoryBytes: Number.NaN } },
    ] as const)("a caller's mistake is a TypeError: %j", async (changes) => {
      await expect(provider.open(makeSpec(folder, changes))).rejects.toThrow(TypeError);
    });
  });
}
