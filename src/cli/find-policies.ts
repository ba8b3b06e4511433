import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, realpathSync, type Stats } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { formatFinding, SallyportError, systemErrorCode } from "../base/index.ts";
import { parsePolicy, YAML_LIMITS, type Policy } from "../policy/index.ts";

/** Where an organisation puts its ceiling (design, section 8). */
const SYSTEM_POLICY = "/etc/sallyport/policy.yml";

/** Where policies may be named. */
export type PolicyPlaces = {
  /** `--policy`, or null. */
  readonly named: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What a relative path starts from. */
  readonly directory: string;
  /** The top folder of the clone: a policy in there could be changed by what it is to cap. */
  readonly clone: string;
};

/**
 * Every policy that holds: the machine's, `$SALLYPORT_POLICY` and `--policy`, all at once. Only the machine's may be missing.
 * Throws `refused` for a file in the repository, `state-unsafe` for one that somebody else could change, `invalid-file` for
 * one that cannot be read as a policy.
 */
export function findPolicies(places: PolicyPlaces, system = SYSTEM_POLICY): readonly Policy[] {
  const { named, environment, directory, clone } = places;
  const fromEnvironment = environment["SALLYPORT_POLICY"];
  const given = [fromEnvironment === "" ? undefined : fromEnvironment, named ?? undefined];
  const paths = given.flatMap((path) => (path === undefined ? [] : [resolve(directory, path)]));
  return [...(exists(system) ? [system] : []), ...paths].map((path) => readPolicy(path, clone));
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    // What cannot be looked at may well be there.
    return code !== "ENOENT" && code !== "ENOTDIR";
  }
}

function readPolicy(path: string, clone: string): Policy {
  const text = readSafely(path, clone);
  const { policy, findings } = parsePolicy(text, path);
  if (policy !== null) return policy;
  const [first] = findings.filter(({ severity }) => severity === "error").map(formatFinding);
  throw new SallyportError("invalid-file", first ?? `${path} is no policy.`, { details: { findings } });
}

function readSafely(path: string, clone: string): string {
  const descriptor = openPolicy(path);
  try {
    const real = realpathSync(path);
    if (real.startsWith(`${realpathSync(clone)}${sep}`)) {
      throw new SallyportError(
        "refused",
        `The policy ${path} is inside the repository that it is to cap; keep it outside of it.`,
      );
    }
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw unsafe(path, "is not a regular file");
    assertUnchangeable(path, stats);
    for (let folder = dirname(real); ; folder = dirname(folder)) {
      assertUnchangeable(folder, lstatSync(folder));
      if (folder === dirname(folder)) break;
    }
    if (stats.size > YAML_LIMITS.fileBytes) {
      throw new SallyportError("invalid-file", `The policy ${path} is over 1 MiB; make it smaller.`);
    }
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

function openPolicy(path: string): number {
  try {
    // Without waiting: a pipe by that name would never answer.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === "ELOOP") throw unsafe(path, "is a symbolic link");
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new SallyportError("refused", `There is no policy ${path}, and nothing runs without one that was named.`);
    }
    throw new SallyportError("refused", `The policy ${path} cannot be read, and nothing runs without it.`, { cause });
  }
}

/** Refuses what somebody else than root and the user could change. In a sticky folder only an entry's owner moves it. */
function assertUnchangeable(path: string, stats: Stats): void {
  // Windows has no owner ids and no mode bits.
  if (process.geteuid === undefined) return;
  if (stats.uid !== 0 && stats.uid !== process.geteuid()) throw unsafe(path, `belongs to user ${stats.uid}`);
  const sticky = stats.isDirectory() && (stats.mode & 0o1000) !== 0;
  if ((stats.mode & 0o022) !== 0 && !sticky) throw unsafe(path, `can be changed by others; run: chmod go-w ${path}`);
}

function unsafe(path: string, what: string): SallyportError {
  return new SallyportError("state-unsafe", `${path} ${what}, so the policy in it cannot be relied upon.`, {
    details: { path },
  });
}
