/** The output of a build's command. */
import { expect, test } from "vitest";
import { runCommand } from "../../../src/platform/machine/run-command.ts";

const run = (script: string, timeoutMs: number) =>
	runCommand(
		{ file: "/bin/sh", args: ["-c", script], environment: { PATH: "/usr/bin:/bin" } },
		{ timeoutMs, outputBytesMax: 1_000 },
	);

test("output above the limit is discarded, and the command ends as without a limit", async () => {
	const { code, stdout, timedOut } = await run("yes | head -c 100000; exit 3", 30_000);
	expect([code, stdout.length, timedOut]).toEqual([3, 1_000, false]);
});

test("discarded output is read at a limited rate, so that a flood slows its writer down", async () => {
	// Without a limit, 256 MiB would be read in a moment.
	const { code, timedOut } = await run("head -c 268435456 /dev/zero; exit 3", 2_000);
	expect([code, timedOut]).toEqual([null, true]);
});
