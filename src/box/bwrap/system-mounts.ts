import { lstatSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";

/**
 * What a box sees of the host without being asked: programs, and from /etc only what programs need to run. Nothing
 * that a host keeps a secret in: not /home, /root, /var, /run, /sys, /etc/shadow, /etc/gitconfig, /etc/ssl/private.
 */
const SYSTEM_PATHS = [
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/etc/alternatives",
  "/etc/ca-certificates",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/localtime",
  "/etc/mime.types",
  "/etc/nsswitch.conf",
  "/etc/os-release",
  "/etc/pki/ca-trust",
  "/etc/pki/tls/certs",
  "/etc/protocols",
  "/etc/services",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
] as const;

/** Bubblewrap's arguments for them: a link stays a link, the rest is bound read-only, what is missing is left out. */
export function systemMounts(): readonly string[] {
  const present = SYSTEM_PATHS.filter((path) => lstatSync(path, { throwIfNoEntry: false }));
  // Bubblewrap makes the parents of a bind 0700; then the box's uid could not enter what root's bwrap made.
  const parents = new Set(["/etc", ...present.map((path) => dirname(path)).filter((path) => path !== "/")]);
  return [
    ...[...parents].flatMap((path) => ["--dir", path]),
    ...present.flatMap((path) =>
      lstatSync(path).isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path],
    ),
  ];
}
