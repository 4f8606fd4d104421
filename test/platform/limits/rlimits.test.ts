/** The resource limits of processes: their values, and their effect in a real process. */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { missingLimits } from "../../../src/platform/limits/missing-limits.ts";
import { rlimitOptions, rlimitsCommand } from "../../../src/platform/limits/rlimits.ts";
import { mayChangeUser, Users } from "../../../src/platform/machine/users.ts";
import { ask, type Harness, launch, openRuntime } from "../runtime/harness.ts";
import { as } from "../runtime/isolation/as-user.ts";
import { program } from "./programs.ts";

const PLATFORM = `Limit                     Soft Limit           Hard Limit           Units
Max file size             unlimited            unlimited            bytes
Max core file size        0                    unlimited            bytes
Max processes             96365                96365                processes
Max open files            1024                 20000                files
Max msgqueue size         819200               819200               bytes
Max nice priority         0                    0
Max realtime priority     0                    0
`;

describe("the options", () => {
	test("have the intended values if the platform's own limits are higher", () => {
		expect(rlimitOptions(PLATFORM, true, 2)).toEqual([
			"--core=0:0",
			"--fsize=536870912:536870912",
			"--nofile=4096:4096",
			"--msgqueue=0:0",
			"--nice=0:0",
			"--rtprio=0:0",
			"--nproc=1056:1056",
		]);
	});

	test("are not higher than the platform's own limits", () => {
		const lower = PLATFORM.replace("20000", "256  ").replaceAll("96365", "100  ");
		const options = rlimitOptions(lower, true, 2);
		expect(options).toContain("--nofile=256:256");
		expect(options).toContain("--nproc=100:100");
	});

	test("limit the number of processes only if each function has a user of its own", () => {
		expect(rlimitOptions(PLATFORM, false, 2).join()).not.toContain("nproc");
	});

	test("rise with the number of cores, because Deno has threads for each core", () => {
		expect(rlimitOptions(PLATFORM, true, 64)).toContain("--nproc=2048:2048");
	});
});

const ABILITIES = `
export default async (request) => {
	const what = new URL(request.url).pathname;
	const refused = async (task) => {
		try { return "not refused: " + (await task()); } catch (error) { return error.message; }
	};
	const file = Deno.env.get("TMPDIR") + "/file";
	if (what === "/file") {
		const answer = await refused(async () => {
			using open = Deno.openSync(file, { create: true, write: true });
			open.seekSync(512 * 1024 * 1024 - 1, Deno.SeekMode.Start);
			return open.writeSync(new Uint8Array(1)) + open.writeSync(new Uint8Array(1));
		});
		return new Response(answer);
	}
	if (what === "/descriptors") {
		const files = [];
		Deno.writeTextFileSync(file, "");
		const answer = await refused(() => { for (;;) files.push(Deno.openSync(file)); });
		const count = files.length;
		for (const open of files) open.close();
		return new Response(count + " " + answer);
	}
	return new Response("served");
};`;

/** Only root can run processes as other users. */
describe.each(mayChangeUser() && rlimitsCommand(true).length > 0 ? ["the user"] : [])(
	"%s of a function",
	() => {
		test("has a maximum number of processes, which does not affect another user", async () => {
			const { uid } = new Users().reserve();
			const forking = await program(
				"while :; do sleep 1000 >/dev/null 2>&1 & done",
				rlimitsCommand(true),
				uid,
			);
			onTestFinished(() => void as(uid, "kill -9 -1"));
			forking.go();
			expect(await forking.ended).toEqual([2, null]);
			expect(await forking.output).toMatch(/Cannot fork|Resource temporarily unavailable/);
			expect(as(new Users().reserve().uid, "/bin/true && echo ran").out).toBe("ran\n");
		});
	},
);

/** Only Linux has the program. */
describe.each(rlimitsCommand(true).length > 0 ? ["has prlimit"] : [])(
	"where the system %s, a function",
	() => {
		let harness: Harness;
		beforeAll(async () => {
			harness = await openRuntime({ spares: 1 });
		});
		afterAll(() => harness.close());

		test("has limits that it cannot raise, and the platform's own limits do not change", async () => {
			const own = await readFile("/proc/self/limits", "latin1");
			const { pid } = await harness.runtime.start(launch(ABILITIES));
			const limits = await readFile(`/proc/${pid}/limits`, "latin1");
			const inEffect = rlimitOptions(own, mayChangeUser(), 2).map((option) => option.replace(/^.*:/, ""));
			const named = [
				"core file size",
				"file size",
				"open files",
				"msgqueue size",
				"nice priority",
				"realtime priority",
			];
			for (const [index, name] of named.entries())
				expect(limits).toMatch(
					new RegExp(`^Max ${name}\\s+${inEffect[index]}\\s+${inEffect[index]}\\s`, "m"),
				);
			if (mayChangeUser()) expect(limits).not.toContain(own.match(/^Max processes.*$/m)?.[0]);
			expect(await readFile("/proc/self/limits", "latin1")).toBe(own);
		});

		test("gets errors beyond the limits, and continues to serve", async () => {
			const { socketPath } = await harness.runtime.start(launch(ABILITIES, {}, { function: "refused" }));
			expect((await ask(socketPath, "/file")).body).toMatch(/^File too large/);
			const [, count, why] = /^(\d+) (.*)/.exec((await ask(socketPath, "/descriptors")).body) ?? [];
			expect(why).toMatch(/^Too many open files/);
			expect(Number(count)).toBeGreaterThan(1_000);
			expect((await ask(socketPath)).body).toBe("served");
		});

		test("keeps its process id, and gets no further environment variables", () => {
			const [file = "", ...args] = [...rlimitsCommand(false), "/usr/bin/env"];
			const { pid, stdout } = spawnSync(file, [...args], { env: { ONLY: "this" }, encoding: "utf8" });
			expect(pid).toBeGreaterThan(0);
			expect(stdout).toMatch(/^(PWD=.*\n|OLDPWD=.*\n|SHLVL=.*\n|_=.*\n|ONLY=this\n)+$/);
		});
	},
);

describe("missing limits are described", () => {
	const all = {
		bounded: new Set(["processor", "processes", "memory"] as const),
		hasRlimits: true,
		hasUsers: true,
		canMeasureMemory: true,
	};
	test.each([
		["nothing", all, []],
		[
			"groups of version 1",
			{ ...all, bounded: new Set(["processor", "processes"] as const) },
			["memory between two checks (there are four checks a second)"],
		],
		[
			"no groups, but users",
			{ ...all, bounded: new Set<never>() },
			["a share of the processor for each app", "memory between two checks (there are four checks a second)"],
		],
		[
			"neither",
			{ ...all, bounded: new Set<never>(), hasUsers: false },
			[
				"a share of the processor for each app",
				"the number of processes and threads",
				"memory between two checks (there are four checks a second)",
			],
		],
		[
			"nothing at all",
			{ bounded: new Set<never>(), hasRlimits: false, hasUsers: false, canMeasureMemory: false },
			[
				"a share of the processor for each app",
				"the number of processes and threads",
				"memory outside of the JavaScript heap",
				"the number of open files and the size of a file",
			],
		],
	])("%s", (_, present, missing) => {
		expect(missingLimits(present)).toEqual(missing);
	});
});
