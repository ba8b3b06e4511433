import { createSentences, type Attack } from "../attack.ts";

/** A setuid program that waits for input: what it is, is seen while it waits. */
const SETUID = `
for program in passwd su sudo chfn newgrp; do
  path=$(command -v $program) && [ -u "$path" ] || continue
  mkfifo /tmp/in; ( "$path" </tmp/in >/dev/null 2>&1 & echo $! >/tmp/pid; sleep 0.5; sed -n 's/^Uid:/WAITS AS/p; s/^CapEff:/WITH/p' /proc/$(cat /tmp/pid)/status ) 9<>/tmp/in 2>/dev/null
  echo "STARTED $program"; rm -f /tmp/in; break
done`;

const SCRIPT = `
id -u; grep -E '^(NoNewPrivs|CapEff|CapPrm|CapBnd|CapAmb|CapInh|Uid)' /proc/self/status
timeout 5 sudo -n id 2>&1 | sed 's/^/SUDO /'
chmod 4755 item0.sh 2>&1; cp /usr/bin/id /tmp/id; chmod 6755 /tmp/id; /tmp/id -u | sed 's/^/COPY /'
perl -e '$> = 0; print "EUID $>\\n"; $< = 0; print "UID $<\\n"; syscall(105, 0); print "SETUID $<\\n"'
mount -t tmpfs none /mnt 2>&1 && echo MOUNTED
mount -o remount,rw / 2>&1 && echo REMOUNTED
chroot / true 2>&1 && echo CHROOTED
mknod /tmp/disk b 8 0 2>&1 && echo MADE A DEVICE
cat /dev/mem /dev/kmsg /proc/kcore 2>/dev/null | head -c 16 | grep -q . && echo READ THE KERNEL
echo 1 >/proc/sys/kernel/sysrq 2>/dev/null && echo WROTE A SYSCTL
date -s 2001-01-01 2>/dev/null && echo SET THE CLOCK
${SETUID}
echo TRIED ALL`;

export const setuidInTheBox: Attack = {
  attack: 3,
  title: "key through procfs with sudo",
  where: "box",

  async hostile(place) {
    const { sentences, unless } = createSentences();
    const { output } = await place.run({ steps: [{ items: [{ bash: SCRIPT }] }] });
    unless(output.includes("TRIED ALL"), `not everything was tried: ${output.slice(-300)}`);
    unless(/^NoNewPrivs:\s+1$/mu.test(output), "new privileges can be had");
    for (const set of ["Inh", "Prm", "Eff", "Bnd", "Amb"]) {
      unless(new RegExp(`^Cap${set}:\\s+0+$`, "mu").test(output), `Cap${set} is not empty`);
    }
    for (const what of [
      "MOUNTED",
      "REMOUNTED",
      "CHROOTED",
      "MADE A DEVICE",
      "READ THE KERNEL",
      "WROTE A SYSCTL",
      "SET THE CLOCK",
    ]) {
      unless(!new RegExp(`^${what}$`, "mu").test(output), `the box ${what.toLowerCase()}`);
    }
    unless(!/^(COPY|EUID|UID|SETUID) 0$/mu.test(output), "a process of the box became root");
    unless(!/^SUDO uid=0/mu.test(output), "sudo works");
    for (const [, uids] of output.matchAll(/^WAITS AS\s+(.*)$/gmu)) {
      unless(uids === "1000\t1000\t1000\t1000", `a setuid program runs as ${uids}`);
    }
    return { gotThrough: sentences };
  },

  async benign(place) {
    const { sentences, unless } = createSentences();
    const { output, code } = await place.run({
      steps: [
        {
          items: [
            { bash: "cp /usr/bin/id /tmp/id && chmod 755 /tmp/id && /tmp/id -u && ls -l README.md && touch made.txt" },
          ],
        },
      ],
    });
    unless(code === 0 && /^1000$/mu.test(output), "a program of the box cannot run as the box's own user");
    return { broke: sentences };
  },
};
