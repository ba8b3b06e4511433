import fc from "fast-check";
import { expect, test } from "vitest";
import { ownCgroup, parseCgroupMounts } from "../../src/box/cgroup/hierarchy.ts";

const LEGACY = "25 20 0:21 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:5 - cgroup cgroup rw,cpu,cpuacct";
const UNIFIED = "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate";
const CONTAINER = "40 30 0:30 /docker/abc /sys/fs/cgroup/memory ro,relatime master:9 - cgroup cgroup rw,memory";

test("the mounted hierarchies are read, and nothing else is", () => {
  const other = "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n50 22 0:5 / /cgroup rw - tmpfs cgroup rw";
  expect(parseCgroupMounts([other, LEGACY, UNIFIED, CONTAINER, ""].join("\n"))).toEqual([
    { version: 1, controllers: ["rw", "cpu", "cpuacct"], mountPoint: "/sys/fs/cgroup/cpu,cpuacct", root: "/" },
    { version: 2, controllers: [], mountPoint: "/sys/fs/cgroup", root: "/" },
    { version: 1, controllers: ["rw", "memory"], mountPoint: "/sys/fs/cgroup/memory", root: "/docker/abc" },
  ]);
});

test.for([
  [UNIFIED, "0::/user.slice/user-1000.slice/session-2.scope", "/user.slice/user-1000.slice/session-2.scope"],
  [UNIFIED, "0::/", "/"],
  [LEGACY, "4:cpu,cpuacct:/ci\n0::/other", "/ci"],
  [CONTAINER, "4:memory:/docker/abc", "/"],
  [CONTAINER, "4:memory:/docker/abc/inner", "/inner"],
  [CONTAINER, "4:memory:/docker/abcdef", "/"],
  [CONTAINER, "4:memory:/elsewhere", "/"],
  [LEGACY, "", "/"],
] as const)("%s with %j is in %s", ([mountinfo, cgroups, path]) => {
  const [mount] = parseCgroupMounts(mountinfo);
  expect(mount && ownCgroup(mount, cgroups)).toBe(path);
});

test("whatever the two files hold, a path below the mount comes out", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (mountinfo, cgroups) => {
      for (const mount of parseCgroupMounts(`${mountinfo}\n${CONTAINER}`))
        expect(ownCgroup(mount, cgroups)).toMatch(/^\//);
    }),
  );
});
