/** Reads that need no line (reference, section 4). What of them can write or run something is an ordinary command then. */
export const ALWAYS_ALLOWED: ReadonlySet<string> = new Set(
  "ls cat head tail echo pwd grep wc sort uniq which type file stat du df ps date whoami uname sleep true false".split(
    " ",
  ),
);

/** Options and operands with which a read is one no longer: `sort -o FILE`, `sort --compress-program=rm`, `date --set`, `uniq IN OUT`. */
export const NO_READ: Readonly<Record<string, (args: readonly (string | null)[]) => boolean>> = {
  sort: (args) => args.some((arg) => arg === null || /^-[^-]*[oT]|^--(?:o|co|te|files0)/u.test(arg)),
  date: (args) => args.some((arg) => arg === null || /^-[^-]*s|^--s|^\d+(?:\.\d+)?$/u.test(arg)),
  file: (args) => args.some((arg) => arg === null || /^-[^-]*C|^--co/u.test(arg)),
  uniq: (args) => args.some((arg) => arg === null) || args.filter((arg) => arg?.startsWith("-") === false).length > 1,
};

/** What is never permitted, by the program's name whatever its path (reference, section 4). */
export const ALWAYS_DENIED: ReadonlySet<string> = new Set(["rm", "rmdir", "unlink", "shred"]);

/** Why a command is always denied, or null. `name` is without a path; an argument that is not known is null. */
export function alwaysDenied(name: string, args: readonly (string | null)[]): string | null {
  if (ALWAYS_DENIED.has(name)) return `${name} is always denied`;
  if (name === "dd" && args.some((arg) => arg?.startsWith("of=") === true)) return "dd of= is always denied";
  if (name === "find" && args.includes("-delete")) return "find -delete is always denied";
  return null;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** Programs and builtins that run what their arguments name: every tail of their arguments is looked at as a command. */
export const RUNS_ARGUMENTS: ReadonlySet<string> = words(
  "command exec builtin env nohup nice ionice timeout stdbuf setsid sudo doas su runuser setpriv chroot unshare nsenter " +
    "time xargs parallel find busybox toybox watch strace ltrace script flock chrt taskset numactl systemd-run ssh " +
    "fakeroot proot bwrap firejail unbuffer expect eval trap alias coproc sem at batch entr gdb caffeinate arch " +
    "sh bash dash ash zsh ksh mksh rbash csh tcsh fish",
);

/** Those among them that run a text as shell: an argument, or what a here-document holds. */
export const RUNS_TEXT: ReadonlySet<string> = words(
  "sh bash dash ash zsh ksh mksh rbash csh tcsh fish eval trap alias su script watch ssh flock parallel at batch expect",
);

/** After these options of find stands a command. */
export const FIND_RUNS: ReadonlySet<string> = new Set(["-exec", "-execdir", "-ok", "-okdir"]);
