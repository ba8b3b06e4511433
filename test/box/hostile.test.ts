import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  cpSync,
  lstatSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBwrapProvider, type BoxProvider, type BoxSpec } from "../../src/box/index.ts";
import { makeSpec, runIn, type Ran } from "./contract.ts";
import { findCgroups, findProcesses, waitFor } from "./host.ts";
import { LIMITS_OF_ONE } from "./limits.ts";

const RUN_ONE = fileURLToPath(new URL("run-one.ts", import.meta.url));
let provider: BoxProvider;
let folder: string;
const bash = (script: string, changes: Partial<BoxSpec> = {}): Promise<Ran> =>
  runIn(provider, makeSpec(folder, changes), ["bash", "-c", script]);
const python = (script: string): Promise<Ran> => runIn(provider, makeSpec(folder), ["/usr/bin/python3", "-c", script]);
const canary = (): string => `canary-${randomBytes(8).toString("hex")}`;

beforeAll(() => {
  provider = createBwrapProvider();
  folder = mkdtempSync(join(tmpdir(), "sallyport-box-"));
});
afterAll(async () => {
  await provider[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

test("attack 1: no process of the box shows a secret of ours, nor any process but the box's own", async () => {
  const secret = canary();
  process.env["SALLYPORT_TEST_SECRET"] = secret;
  const { output } = await bash(
    `cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'; ps e 2>/dev/null; echo; ls -d /proc/[0-9]*/ | wc -l`,
  );
  expect(output).not.toContain(secret);
  expect(output).not.toContain("vitest");
  expect(Number(output.trim().split("\n").at(-1))).toBeLessThan(8);
  // The chain outside the box holds it neither: its children would inherit it.
  const box = await provider.open(makeSpec(folder));
  const chain = readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && read(`/proc/${name}/cmdline`).includes("hold.bash"),
  );
  expect(chain.length).toBeGreaterThan(0);
  for (const pid of chain) expect(read(`/proc/${pid}/environ`)).not.toContain(secret);
  await box.destroy();
});

test("attack 1: a variable of the step is in no argument list on the host", async () => {
  const secret = canary();
  const box = await provider.open(makeSpec(folder, { environment: { VALUE: secret } }));
  const started = Promise.withResolvers<void>();
  const exit = box.run({ argv: ["bash", "-c", "echo $VALUE; sleep 1000"], onOutput: () => started.resolve() });
  await started.promise;
  expect(findProcesses(secret)).toEqual([]);
  await box.destroy();
  await exit;
});

test("attack 3: setuid has no effect", async () => {
  const { output } = await bash(`cp /usr/bin/id . && chmod 4755 id && ./id -u
    grep -vc nosuid /proc/self/mountinfo
    /usr/bin/python3 -c 'import os; os.setuid(0)' 2>&1 | tail -1
    [ -u /usr/bin/su ] && su -c 'id -u' </dev/null 2>&1 | tail -1`);
  const [id, mountsWithSetuid, setuid, su = ""] = output.split("\n");
  expect([id, mountsWithSetuid]).toEqual(["1000", "0"]);
  expect(setuid).toMatch(/Operation not permitted|Invalid argument/);
  expect(su).not.toBe("0");
});

test("attack 6: the memory and environment of others are out of reach, and root is nobody outside", async () => {
  const box = await provider.open(makeSpec(folder));
  const started = Promise.withResolvers<void>();
  const name = canary();
  const exit = box.run({
    argv: ["bash", "-c", `echo up; exec -a ${name} sleep 1000`],
    onOutput: () => started.resolve(),
  });
  await started.promise;
  // Those of the chain have the name further back in their command lines.
  const itself = (): string | undefined =>
    findProcesses(name).find((pid) => read(`/proc/${pid}/cmdline`).startsWith(name));
  await waitFor(() => itself() !== undefined);
  const pid = itself();
  const uid = statSync(`/proc/${pid}`).uid;
  if (process.getuid?.() === 0) expect(uid).toBeGreaterThanOrEqual(200_000);
  expect(uid).not.toBe(0);
  expect(
    (
      await bash(
        `cat /proc/${process.pid}/environ /proc/${pid}/environ; kill -0 ${process.pid}; cat /proc/1/environ | tr '\\0' '\\n'`,
      )
    ).output,
  ).not.toMatch(/SALLYPORT|VITEST/);
  await box.destroy();
  await exit;
});

test("attack 22: no bubblewrap, no filter, no uid: nothing opens, and the fix is named", async () => {
  const path = process.env["PATH"];
  process.env["PATH"] = "/nowhere";
  const without = createBwrapProvider();
  await expect(without.open(makeSpec(folder))).rejects.toMatchObject({
    code: "no-isolation",
    message: expect.stringContaining("apt-get install bubblewrap"),
  });
  expect((await without.probe()).find((row) => row.id === "bubblewrap")).toMatchObject({
    available: false,
    required: true,
    fix: expect.stringContaining("apt-get install bubblewrap"),
  });
  process.env["PATH"] = path;
  const assets = join(folder, "assets");
  cpSync(fileURLToPath(new URL("../../src/box/assets", import.meta.url)), assets, { recursive: true });
  for (const name of readdirSync(assets).filter((file) => file.endsWith(".bpf"))) rmSync(join(assets, name));
  await expect(createBwrapProvider({ assets }).open(makeSpec(folder))).rejects.toMatchObject({
    code: "no-isolation",
    message: expect.stringContaining("seccomp"),
  });
  await expect(
    createBwrapProvider({ uids: { first: 4_294_967_290, count: 10 } }).open(makeSpec(folder)),
  ).rejects.toMatchObject({ code: "no-isolation" });
});

test("attack 22: a sandbox that fails, or that isolates nothing, starts nothing", async () => {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const pretend = (script: string): BoxProvider => {
    rmSync(join(bin, "bwrap"), { force: true });
    writeFileSync(join(bin, "bwrap"), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
    return createBwrapProvider();
  };
  const path = process.env["PATH"];
  process.env["PATH"] = `${bin}:${path}`;
  try {
    const refused = pretend("echo 'bwrap: No permissions to create new namespace' >&2; exit 1");
    await expect(refused.open(makeSpec(folder))).rejects.toMatchObject({
      code: "no-isolation",
      message: expect.stringContaining("user.max_user_namespaces"),
    });
    // Runs the command with no isolation at all.
    const naked = pretend('while [ "$1" != -- ]; do shift; done; shift; exec "$@"');
    await expect(naked.open(makeSpec(folder))).rejects.toMatchObject({
      code: "no-isolation",
      message: expect.stringContaining("our network"),
    });
  } finally {
    process.env["PATH"] = path;
  }
});

test("attack 25: terminal injection, io_uring, x32, namespaces and what reads others are refused", async () => {
  const { output } = await python(`
import ctypes, os, pty
libc = ctypes.CDLL(None, use_errno=True)
def call(name, number, *args):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_ulong(a) for a in args])
    print(name, ctypes.get_errno() if result == -1 else "done", flush=True)
x86 = os.uname().machine == "x86_64"
main, side = pty.openpty()
ioctl = 16 if x86 else 29
letter = ctypes.addressof(ctypes.create_string_buffer(b"x"))
call("tcgets", ioctl, side, 0x5401, ctypes.addressof(ctypes.create_string_buffer(256)))
call("tiocsti", ioctl, side, 0x5412, letter)
call("tiocsti-high", ioctl, side, 0x5412 | 1 << 32, letter)
call("tioclinux", ioctl, side, 0x541c | 1 << 63, letter)
call("io_uring_setup", 425, 8, 0)
call("io_uring_enter", 426, 0, 0, 0, 0, 0)
call("unshare-user", 272 if x86 else 97, 0x10000000)
call("unshare-user-high", 272 if x86 else 97, 0x10000000 | 1 << 32)
call("clone-user", 56 if x86 else 220, 0x10000011, 0, 0, 0, 0)
call("clone3", 435, 0, 0)
call("ptrace", 101 if x86 else 117, 0, 0, 0, 0)
call("process_vm_readv", 310 if x86 else 270, os.getpid(), 0, 0, 0, 0, 0)
call("mount", 165 if x86 else 40, 0, 0, 0, 0, 0)
call("open_tree", 428, 0, 0, 0)
call("keyctl", 250 if x86 else 219, 0, 0, 0)
call("bpf", 321 if x86 else 280, 0, 0, 0)
call("userfaultfd", 323 if x86 else 282, 0)
call("perf_event_open", 298 if x86 else 241, 0, 0, 0, 0, 0)
call("kexec_load", 246 if x86 else 104, 0, 0, 0, 0)
call("setns", 308 if x86 else 268, 0, 0)
call("vsock", 41 if x86 else 198, 40, 1, 0)
call("vsock-high", 41 if x86 else 198, 40 | 1 << 32, 1, 0)
call("alg", 41 if x86 else 198, 38, 5, 0)
call("inet", 41 if x86 else 198, 2, 1, 0)
call("newer", 500)
if x86: call("x32", 0x40000000 | 39)
print("alive")
`);
  const seen = Object.fromEntries(
    output
      .trim()
      .split("\n")
      .map((line) => line.split(" ")),
  );
  const refused = [
    "tiocsti",
    "tiocsti-high",
    "tioclinux",
    "io_uring_setup",
    "io_uring_enter",
    "unshare-user",
    "unshare-user-high",
    "clone-user",
    "ptrace",
    "process_vm_readv",
    "mount",
    "open_tree",
    "keyctl",
    "bpf",
    "userfaultfd",
    "perf_event_open",
    "kexec_load",
    "setns",
    "vsock",
    "vsock-high",
    "alg",
  ];
  for (const name of refused) expect([name, seen[name]]).toEqual([name, "1"]);
  expect([seen["clone3"], seen["newer"]]).toEqual(["38", "38"]);
  expect([seen["tcgets"], seen["inet"]]).toEqual(["done", "done"]);
  // x32 kills the process, so that it printed neither a result nor the line after it.
  if (process.arch === "x64") expect([seen["x32"], "alive" in seen]).toEqual([undefined, false]);
  // Of a session that began outside, the box's PID namespace could only say 0.
  expect((await bash("cut -d' ' -f6 /proc/self/stat; echo </dev/tty")).output).toMatch(
    /^[1-9]\d*\n.*No such device or address/,
  );
});

test("attack 26: a daemon that was left behind is dead when the box is destroyed", async () => {
  const name = canary();
  const ran = await bash(
    `(setsid nohup bash -c 'exec -a ${name} sleep 1000' >/dev/null 2>&1 </dev/null &) ; sleep 0.1; ls /proc/[0-9]*/ -d | wc -l`,
  );
  expect(ran.code).toBe(0);
  expect(findProcesses(name)).toEqual([]);
});

test("attack 27: a fork bomb ends at the limit of processes, and says so", async () => {
  const script =
    "import os,sys,time\nfor i in range(200):\n  try:\n    if os.fork() == 0: time.sleep(1000)\n  except OSError: print(i); sys.exit(9)";
  const ran = await python(script);
  expect(ran).toMatchObject({ code: 9, limit: "pids" });
  expect(Number(ran.output)).toBeLessThanOrEqual(LIMITS_OF_ONE.pids);
  expect(Number(ran.output)).toBeGreaterThan(LIMITS_OF_ONE.pids - 5);
  const bomb = await provider.open(makeSpec(folder));
  void bomb.run({ argv: ["bash", "-c", ":(){ :|:& };:; sleep 1000"], onOutput: () => {} });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await bomb.destroy();
  expect(findCgroups(`test-${process.pid}-`)).toEqual([]);
});

test("attack 27: memory, also of tmpfs, file size and open files end at their limits", async () => {
  expect(await python("x = bytearray(1 << 30)")).toMatchObject({ code: 137, limit: "memory" });
  expect((await bash("for i in {1..6}; do head -c 60000000 /dev/zero > /dev/shm/$i || exit 1; done")).limit).toBe(
    "memory",
  );
  expect((await bash("head -c 100000000 /dev/zero > file; stat -c %s file")).output).toContain(String(64 << 20));
  expect((await bash("ulimit -n; ulimit -n 100000")).output).toMatch(/^512\n.*cannot modify limit/);
  expect(await python("x = bytearray(1 << 20)")).toMatchObject({ code: 0, limit: null });
});

test("attack 28: giving the workspace its owner follows no link", async () => {
  const spec = makeSpec(folder);
  const outside = join(folder, "outside");
  writeFileSync(outside, "");
  symlinkSync(outside, join(spec.workspace, "link"));
  mkdirSync(join(spec.workspace, "deep"));
  writeFileSync(join(spec.workspace, "deep", "file"), "");
  const owner = statSync(outside).uid;
  expect(await runIn(provider, spec, ["bash", "-c", "echo x >> deep/file && rm link"])).toMatchObject({ code: 0 });
  expect(lstatSync(outside).uid).toBe(owner);
});

test("attack 33: kill -9 of the process that opened a box leaves no process; sweep removes its cgroups", async () => {
  const name = canary();
  const id = `killed-${process.pid}-1`;
  const parent = spawn(
    process.execPath,
    [RUN_ONE, folder, id, "bash", "-c", `(setsid bash -c 'exec -a ${name} sleep 1000' &); exec -a ${name} sleep 1000`],
    { stdio: "ignore" },
  );
  await waitFor(() => findProcesses(name).filter((pid) => read(`/proc/${pid}/cmdline`).startsWith(name)).length === 2);
  parent.kill("SIGKILL");
  await waitFor(() => findProcesses(name).length === 0);
  expect(findProcesses(id)).toEqual([]);
  expect(findCgroups(id).length).toBeGreaterThan(0);
  await provider.sweep([`killed-${process.pid}0`]);
  expect(findCgroups(id).length).toBeGreaterThan(0);
  await provider.sweep([`killed-${process.pid}`]);
  expect(findCgroups(id)).toEqual([]);
});

test("32 boxes at once: each its own network, cgroup and uid", { timeout: 120_000 }, async () => {
  const specs = Array.from({ length: 32 }, () => makeSpec(folder));
  const boxes = await Promise.all(specs.map((spec) => provider.open(spec)));
  let up = 0;
  const runs = boxes.map((box) => box.run({ argv: ["bash", "-c", "echo up; sleep 1000"], onOutput: () => up++ }));
  await waitFor(() => up === 32);
  const cgroups = findCgroups(`test-${process.pid}-`).map((path) =>
    read(join(path, "cgroup.procs")).trim().split("\n"),
  );
  const pids = cgroups.map((processes) => processes.at(-1) ?? "");
  if (process.getuid?.() === 0) expect(new Set(pids.map((pid) => statSync(`/proc/${pid}`).uid)).size).toBe(32);
  await Promise.all(boxes.map((box) => box.destroy()));
  expect(await Promise.all(runs)).toEqual(runs.map(() => ({ code: 137, limit: null })));
  expect(findCgroups(`test-${process.pid}-`)).toEqual([]);
});

test("100 boxes one after the other leak no process, mount, cgroup or descriptor", { timeout: 180_000 }, async () => {
  const count = (): readonly number[] => [
    readdirSync("/proc/self/fd").length,
    countMounts(),
    findCgroups(`test-${process.pid}-`).length,
    findProcesses("hold.bash").length,
  ];
  await bash("true");
  const before = count();
  for (let i = 0; i < 100; i++) expect((await bash("true")).code).toBe(0);
  expect(count().slice(1, 3)).toEqual(before.slice(1, 3));
  expect(count()[0]).toBeLessThanOrEqual((before[0] ?? 0) + 2);
});

/** Mounts of the host, but for those that other tests make meanwhile in temporary folders of their own. */
function countMounts(): number {
  const points = read("/proc/self/mountinfo")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
  return points.filter((point) => point === folder || !point.startsWith(`${tmpdir()}/`)).length;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
