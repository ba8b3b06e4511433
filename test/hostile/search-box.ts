/** A token of ours: its header begins with `{"alg":"EdDSA",`. Other JWTs stand in the tests of public packages. */
export const JWT = /eyJhbGciOiJFZERTQSIs[\w-]+\.eyJ[\w-]{16,}\.[\w-]{32,}/u;

/**
 * A program that looks for tokens and canaries in all that its box shows: every process's environment, arguments and
 * memory, and every file outside the host's own programs. It prints each find, and how much it searched. The needles
 * are written so that they do not match themselves.
 */
export const SEARCH_PROGRAM = String.raw`#!/usr/bin/perl
use strict; use warnings; no warnings "utf8"; use File::Find;
my $needle = qr/(sk-canar[y]-[0-9a-f]{16,}|canar[y]-[0-9a-f]{16,}|eyJhbGciOiJFZERTQSI[s][\w-]+\.eyJ[\w-]{16,}\.[\w-]{32,})/;
my ($pids, $regions, $files) = (0, 0, 0);
sub look { my ($where, $text) = @_; my %seen; while ($text =~ /$needle/g) { print "FOUND $where: $1\n" unless $seen{$1}++ } }
sub slurp { my ($path) = @_; open(my $in, "<", $path) or return; binmode $in; my $text = ""; my $part;
  while (length($text) < 64_000_000 && sysread($in, $part, 1_000_000)) { $text .= $part } return $text }
print "ENV $_=$ENV{$_}\n" for sort keys %ENV;
for my $pid (map { m{(\d+)$} } glob "/proc/[0-9]*") {
  my $environ = slurp("/proc/$pid/environ"); my $cmdline = slurp("/proc/$pid/cmdline");
  $pids++ if defined $cmdline;
  for ($environ, $cmdline) { $_ //= ""; tr/\0/ / }
  print "PROCESS $pid: $cmdline\n"; look("environ of $pid", $environ); look("arguments of $pid", $cmdline);
  open(my $maps, "<", "/proc/$pid/maps") or next; open(my $mem, "<", "/proc/$pid/mem") or next; binmode $mem;
  while (<$maps>) {
    my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) r[w-]..\s/ or next; next if /\[v/;
    my ($at, $size) = (hex $from, hex($to) - hex($from)); $size = 64_000_000 if $size > 64_000_000;
    sysseek($mem, $at, 0) or next; my $text; defined(sysread($mem, $text, $size)) or next;
    $regions++; look("memory of $pid", $text);
  }
}
find({ no_chdir => 1, wanted => sub {
  if (-d $_ && m{^/(proc|sys|usr)$}) { $File::Find::prune = 1; return }
  return unless -f $_ && -r _; my $text = slurp($_); return unless defined $text; $files++; look("file $_", $text) } }, "/");
print "SEARCHED $pids processes, $regions regions of memory, $files files\n";
`;
