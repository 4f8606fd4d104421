#!/bin/sh
# Deno.cron counts the days of the week from 1 (Sunday). A range that passes the end of the week begins a day early.
#
# Version: Deno 2.9.6.
# Behaviour: on a Friday, a job with the schedule `* * * * 6` runs and one with `* * * * 5` does not. The job with
#   `* * * * 7-1`, Saturday and Sunday, runs on Friday too. `* * * * 0` is refused, and `* * * * FRI` runs.
# Expected: as in Unix cron, 0 (or 7) is Sunday and 5 is Friday. However days are numbered, a range begins
# with its first day.
#
# Run without Coffer, on harmless input. Needs faketime. It takes some 15 seconds. Exit status 0: the behaviour is as
# stated. 1: it has changed. DENO names another program than the version above.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
if [ -z "${DENO:-}" ]; then
	npm install --silent --no-audit --no-fund --prefix "$folder/deno" deno@2.9.6
	DENO=$folder/deno/node_modules/.bin/deno
fi
deno=$DENO
cat > jobs.ts <<'JOBS'
const ran: string[] = [];
const days = ["0", "5", "6", "FRI", "7-1", "SAT-SUN", "7"];
days.forEach((day, index) => {
	try {
		Deno.cron(`job ${index}`, `* * * * ${day}`, () => void ran.push(day));
	} catch {
		console.log(`refused ${day}`);
	}
});
const nextMinute = 60_000 - (Date.now() % 60_000);
setTimeout(() => {
	console.log(`ran ${ran.sort().join(" ")}`);
	Deno.exit(0);
}, nextMinute + 5_000);
JOBS

# 4 December 2026 is a Friday.
seen=$(TZ=UTC FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f '@2026-12-04 10:00:52' \
	"$deno" run --quiet --no-config --no-lock --unstable-cron jobs.ts 2>&1)
stated='refused 0
ran 6 7-1 FRI SAT-SUN'
printf 'on a Friday:\n%s\n' "$seen"
if [ "$seen" = "$stated" ]; then exit 0; fi
printf 'was:\n%s\n' "$stated"
exit 1
