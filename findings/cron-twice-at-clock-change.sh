#!/bin/sh
# cron runs a daily job twice on the day on which summer time ends, the first time an hour early.
#
# Version: cron 4.4.0 (with luxon), under Node 20.
# Behaviour: the job `0 3 * * *` in Europe/Berlin runs on 25 October 2026 at 02:00 and at 03:00, both in winter time. The
#   jobs `30 3 * * *` and `0 2 * * *` in America/New_York do the same. Jobs in other hours, `0 2 * * *` and `0 4 * * *` in
#   Berlin, run once.
# Expected: once. The hour that occurs twice on that day is the one from 2 to 3, so 03:00 occurs once.
# Affected: jobs at three o'clock in Europe and at two in North America that must not run twice, such as backups and
#   bills.
#
# Run without Coffer, on valid input. Needs faketime. It takes some 15 seconds. Exit status 0: the behaviour is as
# stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund cron@4.4.0
cat > dates.mjs <<'PROGRAM'
import { CronTime } from "cron";

for (const [expression, zone, from] of [
	["0 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z"],
	["0 3 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z"],
	["30 3 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z"],
	["0 4 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z"],
	["0 2 * * *", "America/New_York", "2026-10-31T12:00:00Z"],
]) {
	const schedule = new CronTime(expression, zone);
	const runs = [];
	for (let at = new Date(from); runs.length < 3; ) {
		at = schedule.getNextDateFrom(at, zone).toJSDate();
		runs.push(at.toLocaleString("en-GB", { timeZone: zone, day: "numeric", hour: "2-digit", minute: "2-digit" }));
	}
	console.log(`${expression} ${zone}: ${runs.join("; ")}`);
}
PROGRAM
cat > job.mjs <<'PROGRAM'
import { CronJob } from "cron";

const runs = [];
CronJob.from({ cronTime: "0 3 * * *", timeZone: "Europe/Berlin", start: true, onTick: () => runs.push("runs") });
setTimeout(() => {
	console.log(`at ${process.argv[2]} UTC a job at 3 o'clock in Berlin: ${runs.join() || "does not run"}`);
	process.exit();
}, 5_000);
PROGRAM
cat > stated <<'TEXT'
0 2 * * * Europe/Berlin: 25, 02:00; 26, 02:00; 27, 02:00
0 3 * * * Europe/Berlin: 25, 02:00; 25, 03:00; 26, 03:00
30 3 * * * Europe/Berlin: 25, 02:30; 25, 03:30; 26, 03:30
0 4 * * * Europe/Berlin: 25, 04:00; 26, 04:00; 27, 04:00
0 2 * * * America/New_York: 1, 01:00; 1, 02:00; 2, 02:00
at 01:00 UTC a job at 3 o'clock in Berlin: runs
at 02:00 UTC a job at 3 o'clock in Berlin: runs
TEXT
export TZ=UTC
node dates.mjs > seen
# 03:00 in Berlin is 02:00 UTC on this day.
for hour in 00 01; do
	FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f "@2026-10-25 $hour:59:57" node job.mjs "0$((${hour#0} + 1)):00" >> seen
done
cat seen
cmp -s seen stated && exit 0
echo "(was:)"
cat stated
exit 1
