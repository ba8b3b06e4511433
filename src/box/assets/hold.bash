# Holds a new network namespace until it is told what to run in it, then becomes that. It is bash because only bash
# reads an argv array from a pipe (mapfile -d ''), sets limits and execs without one further process.
#
# Arguments: node, listen.cjs, port.
# Descriptors: 2 errors, 3 the order, 4 Node's IPC channel, 5 arguments for the box's bwrap, 6 its status, 7 its start.
# The order: NUL-separated open files, file size in KiB, two seccomp filters, the number of cgroups, their cgroup.procs, argv.

fail() { echo "$1" >&2; exit 1; }

# A pipe for each standard stream of the box: one that Node makes would be a socket, on which /dev/stderr cannot be opened.
exec 10< <(:) 11>/dev/fd/10 12< <(:) 13>/dev/fd/12
"$1" --no-warnings "$2" "$3" 11 12 </dev/null 3<&- 5<&- 6>&- 7<&- 10<&- 13>&- &
exec 4>&- 11>&- 12<&-

# A /proc of this PID namespace with nothing mounted over it: the kernel grants the box one no less covered than ours
# (mount_too_revealing), and bubblewrap's --proc covers parts of it when root calls it.
if ((EUID == 0)); then mount -t proc proc /proc || fail "cannot mount a fresh /proc"; fi

mapfile -d '' -t order <&3
((${#order[@]})) || exit 0
set -- "${order[@]}"

# A hard limit that is already lower stays.
ulimit -n "$1" 2>/dev/null
ulimit -f "$2" 2>/dev/null
ulimit -c 0
exec 8<"$3" 9<"$4" || fail "cannot open the seccomp filters"
cgroups=$5
shift 5
while ((cgroups-- > 0)); do
  # 0 is whoever writes it: from here on the limits hold, for all that follows.
  echo 0 >"$1" || fail "cannot join the cgroup $1"
  shift
done

# Whatever else was inherited from whoever started Sallyport ends here.
for path in /proc/self/fd/*; do
  fd=${path##*/}
  if ((fd > 13 || fd == 3 || fd == 4)) && ((fd != 255)); then exec {fd}>&-; fi
done
exec <&10 >&13 2>&13 10<&- 13>&-
exec "$@"
