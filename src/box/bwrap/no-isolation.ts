import { SallyportError } from "../../base/index.ts";

/** How to get each protection, by its id. The wording is the doctor's and the error's. */
export const FIXES = {
  linux: "run it on Linux, or in a Linux container or virtual machine",
  bubblewrap:
    "install it: apt-get install bubblewrap (Debian, Ubuntu), dnf install bubblewrap (Fedora), apk add bubblewrap (Alpine)",
  bash: "install it: apt-get install bash, dnf install bash or apk add bash",
  setpriv: "install it: apt-get install util-linux, dnf install util-linux or apk add setpriv",
  "user-namespaces":
    "allow them: sysctl -w user.max_user_namespaces=10000; on Ubuntu 23.10 and later also sysctl -w kernel.apparmor_restrict_unprivileged_userns=0; on older Debian sysctl -w kernel.unprivileged_userns_clone=1; in a container start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined",
  "network-namespace":
    "allow network namespaces: sysctl -w user.max_net_namespaces=10000; in a container start it with --privileged",
  proc: "in a container, start it with --security-opt systempaths=unconfined (Docker) or --security-opt unmask=ALL (Podman)",
  seccomp: "use an x86-64 or arm64 machine with a kernel built with CONFIG_SECCOMP_FILTER",
  cgroup:
    "as root, mount the cgroup file system writable; as an ordinary user, start it in a delegated cgroup: systemd-run --user --scope -p Delegate=yes COMMAND, or on cgroup v1 let root make one: install -d -o USER /sys/fs/cgroup/{memory,pids,cpu}/sallyport",
} as const;

/** Attack 22: what is missing ends it, with the fix, and nothing starts with less. */
export function noIsolation(what: string, fix: string, cause?: unknown): SallyportError {
  return new SallyportError("no-isolation", `no isolation: ${what}; ${fix}`, { cause });
}

/** Turns what bubblewrap printed when it could not build a namespace into the error with its fix. */
export function explainFailure(printed: string): SallyportError {
  const last = printed.trim().split("\n").at(-1) ?? "";
  if (last.includes("proc") && /mount/i.test(last)) return noIsolation(last, FIXES.proc);
  if (/NETLINK|loopback|network/i.test(last)) return noIsolation(last, FIXES["network-namespace"]);
  if (/namespace|uid map|gid map|setgroups|not permitted|Permission denied/i.test(last)) {
    return noIsolation(last, FIXES["user-namespaces"]);
  }
  if (last.includes("cgroup")) return noIsolation(last, FIXES.cgroup);
  return noIsolation(last === "" ? "the sandbox ended before it started" : last, "run `sallyport doctor`");
}
