# What a box costs by hand: the same cgroups and limits, made and removed by this shell, and the same two nested bwraps.
#
# Arguments: number of cgroup directories, these; number of limits, these as FILE VALUE; the two seccomp filters;
# the uid to become, or empty; the inner bwrap's argv.
set -e

count=$1; shift
directories=("${@:1:count}"); shift "$count"
mkdir "${directories[@]}"
count=$1; shift
while ((count-- > 0)); do echo "$2" >"$1"; shift 2; done
allow=$1 deny=$2 uid=$3; shift 3

outer=(bwrap --unshare-net --unshare-pid --die-with-parent --dev-bind / /)
(
  for directory in "${directories[@]}"; do echo 0 >"$directory/cgroup.procs"; done
  exec 6>/dev/null 7</dev/null 8<"$allow" 9<"$deny"
  if [[ -z $uid ]]; then exec "${outer[@]}" --unshare-user --proc /proc -- "$@"; fi
  # As root a fresh /proc is mounted by hand: bubblewrap would cover parts of it, and the inner one could then mount none.
  become=(setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all --no-new-privs --)
  exec "${outer[@]}" -- sh -c 'mount -t proc proc /proc && exec "$@"' sh "${become[@]}" "$@"
)
# The kernel may need a moment to count the last process out.
for directory in "${directories[@]}"; do
  until rmdir "$directory" 2>/dev/null; do sleep 0.001; done
done
