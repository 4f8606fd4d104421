#!/bin/sh
# fast-check's `fc.string({ unit: "binary" })` builds a table of all 1.1 million code points before its first value.
#
# Version: fast-check 4.10.2, under Node 20 on Linux.
# Behaviour: the first sample of such a string takes some fifty times the processor time of the first sample of
#   `fc.string({ unit: "grapheme" })`, and over 80 MB of memory stay in use, in each process that asks for one. The
#   table is for shrinking of values that fast-check did not make; nothing here asks for that. A unit that maps an
#   integer to the character has the same values without either.
# Expected: an arbitrary of single characters costs nothing before it makes them; a table is built when it is needed.
# Affected: test runners with several processes. Each pays the second again, and each fork of a process takes the longer
#   the more memory it has.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund fast-check@4.10.2
cat > first.mjs <<'PROGRAM'
import fc from "fast-check";

// What all kinds of strings load is not counted.
fc.sample(fc.string(), 1);
const character = fc.integer({ min: 0, max: 0x10f7ff }).map((n) => String.fromCodePoint(n < 0xd800 ? n : n + 0x800));
const UNITS = { binary: "binary", grapheme: "grapheme", mapped: character };
global.gc();
const before = process.memoryUsage();
const since = process.cpuUsage();
fc.sample(fc.string({ unit: UNITS[process.argv[2]] }), 1);
const { user, system } = process.cpuUsage(since);
global.gc();
const after = process.memoryUsage();
console.log(JSON.stringify({ ms: (user + system) / 1000, mb: (after.heapUsed - before.heapUsed) / 1e6 }));
PROGRAM
cat > compare.mjs <<'PROGRAM'
import { execFileSync } from "node:child_process";

const first = (unit) => JSON.parse(execFileSync(process.execPath, ["--expose-gc", "first.mjs", unit], { encoding: "utf8" }));
const [binary, grapheme, mapped] = ["binary", "grapheme", "mapped"].map(first);
for (const [unit, { ms, mb }] of Object.entries({ binary, grapheme, mapped }))
	console.log(`${unit}: ${ms.toFixed(0)} ms of processor time, ${mb.toFixed(0)} MB kept`);
const isAsStated = binary.ms > 10 * grapheme.ms && binary.ms > 10 * mapped.ms && binary.mb > 40 && mapped.mb < 5;
if (!isAsStated) console.log("(was: binary takes over 10 times as long as the others, and keeps over 40 MB)");
process.exit(isAsStated ? 0 : 1);
PROGRAM
node compare.mjs
