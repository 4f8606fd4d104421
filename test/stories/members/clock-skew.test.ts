/** Clocks that are wrong by a year, or that jump: no decision of Coffer depends on a clock. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { withSecretService } from "../../support/services/secret-service.ts";
import { cloneOf } from "../support/clone.ts";
import { link, sharedPlatform, startPlatform } from "../support/platform.ts";
import { APP, cleanEnvironment, newProject, Project } from "../support/project.ts";

const LONG = { timeout: 180_000 };
const DAY_MS = 86_400_000;

type Clock = "+365d" | "-365d" | "-1000d" | "+0d";

/**
 * Variables that change the wall clock of a process and its children. The clock still advances at its normal
 * speed.
 */
const MOVED = {
	// The dynamic loader replaces $LIB.
	LD_PRELOAD: "/usr/$LIB/faketime/libfaketime.so.1",
	FAKETIME_DONT_FAKE_MONOTONIC: "1",
	FAKETIME_DONT_RESET: "1",
};
const clock = (offset: Clock) => ({ ...MOVED, FAKETIME: offset });

/**
 * As `clock`, for all processes of a machine: `set` changes the clock while they run, so that kept processes
 * can run the commands.
 */
const machineClock = (file: string) => ({
	env: { ...MOVED, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1" },
	set: (offset: Clock) => writeFileSync(file, offset),
});

/** Gives a project's machine its own clock. */
function setClock(project: Project, offset: Clock): void {
	const { env, set } = machineClock(join(project.machine, "clock"));
	set(offset);
	Object.assign(project.variables, env);
}

/** Runs every command of a project at another time than the one before. */
function jump(project: Project, turn: number): void {
	setClock(project, (["+365d", "-365d", "+0d"] as const)[turn % 3] ?? "+0d");
}

/** An initialised project whose clock has been wrong from the beginning. */
async function projectAt(offset: Clock): Promise<Project> {
	const project = new Project();
	setClock(project, offset);
	await project.ok(["init"]);
	return project;
}

/** Commits with the committer's date that the clock shows. */
function commitAt(project: Project, offset: Clock, message: string): void {
	const who = ["-c", "user.name=Story", "-c", "user.email=story@example.com"];
	const options = { cwd: project.root, env: { ...cleanEnvironment(), ...clock(offset) } };
	execFileSync("git", ["add", "--all"], options);
	execFileSync("git", [...who, "commit", "--quiet", "--message", message], options);
}

/** The result of a sync that had nothing to send, and no warning. */
const quiet = ({ taken }: { taken: string[] }) => ({
	environment: "production",
	revision: expect.any(Number),
	sent: [],
	taken,
	pending: [],
	redeployed: [],
	untouched: [],
});

const versionsOf = ({ versions }: { versions: { version: number }[] }) =>
	versions.map(({ version }) => version);

test.each([
	["+365d", 365],
	["-365d", -365],
	["-1000d", -1000],
] as const)("the clock of a test process is off by %s, until the test changes it", (offset, days) => {
	const folder = mkdtempSync(join(tmpdir(), "coffer-clock-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	const { env, set } = machineClock(join(folder, "clock"));
	set(offset);
	const program = `console.log(Date.now());
		require("node:fs").writeFileSync(process.env.FAKETIME_TIMESTAMP_FILE, "+0d");
		console.log(Date.now());`;
	const times = [clock(offset), env].flatMap((variables) => {
		const options = { env: { ...cleanEnvironment(), ...variables }, encoding: "utf8" } as const;
		const code = variables === env ? program : "console.log(Date.now())";
		return execFileSync(process.execPath, ["-e", code], options).trim().split("\n").map(Number);
	});
	const daysWrong = times.map((time) => Math.round((time - Date.now()) / DAY_MS) + 0);
	expect(daysWrong).toEqual([days, days, 0]);
});

test(
	"three devices and a platform with different clocks exchange all changes, in the order of the versions",
	LONG,
	async () => {
		await using platform = await startPlatform(clock("-1000d"));
		await using ahead = await projectAt("+365d");
		await link(ahead, platform);
		await ahead.ok(["secrets", "set", "A=a1", "B=b1", "GONE=1"]);
		await ahead.git("init", "--quiet");
		commitAt(ahead, "+365d", "Start");
		await using behind = await cloneOf(ahead);
		setClock(behind, "-365d");
		await using jumping = await cloneOf(ahead);
		let turn = 0;
		const leap = async (...args: string[]) => {
			jump(jumping, turn++);
			return await jumping.data(args);
		};

		await behind.ok(["sync"]);
		expect(await behind.data(["secrets", "set", "A=a2"])).toMatchObject({ pending: 0 });
		await leap("sync");
		expect(await leap("secrets", "set", "A=a3")).toMatchObject({ pending: 0 });
		await leap("secrets", "delete", "GONE");
		expect(await ahead.data(["sync"])).toEqual(quiet({ taken: ["A", "GONE"] }));
		expect(await ahead.data(["secrets", "set", "A=a4"])).toMatchObject({ pending: 0 });
		// Both set different names at the same time.
		await ahead.ok(["secrets", "set", "BY_AHEAD=1", "--no-sync"]);
		await behind.ok(["secrets", "set", "BY_BEHIND=2"]);
		await leap("secrets", "set", "BY_JUMPING=3");
		for (const project of [ahead, behind]) await project.ok(["sync"]);
		await leap("sync");

		jump(jumping, turn++);
		const ends = [ahead, behind, jumping].map(async (project) => {
			expect(await project.data(["sync"])).toEqual(quiet({ taken: [] }));
			expect(await project.reveal("A")).toBe("a4");
			expect(versionsOf(await project.data(["secrets", "history", "A"]))).toEqual([4, 3, 2, 1]);
			expect(project.vault).toBe(ahead.vault);
		});
		await Promise.all(ends);
		expect((await leap("secrets", "list")).secrets).toMatchObject(
			["A", "B", "BY_AHEAD", "BY_BEHIND", "BY_JUMPING"].map((name) => ({ name, state: "synced" })),
		);
		await jumping.ok(["vault", "verify"]);
		const revisions = [await ahead.data(["status"]), await behind.data(["status"]), await leap("status")];
		expect(
			new Set(revisions.flatMap(({ revision, platformRevision }) => [revision, platformRevision])).size,
		).toBe(1);
	},
);

test("two values of one name are a conflict, whatever the clocks show", LONG, async () => {
	await using platform = await sharedPlatform();
	await using ahead = await projectAt("+365d");
	await link(ahead, platform);
	await ahead.ok(["secrets", "set", "A=0"]);
	await ahead.git("init", "--quiet");
	commitAt(ahead, "+0d", "Start");
	await using behind = await cloneOf(ahead);
	setClock(behind, "-365d");
	await behind.ok(["sync"]);
	for (const [first, second] of [
		[ahead, behind],
		[behind, ahead],
	] as const) {
		await second.ok(["secrets", "set", "A=second", "--no-sync"]);
		await first.ok(["secrets", "set", "A=first"]);
		const stopped = await second.coffer(["sync", "--json"]);
		expect(stopped.error()).toMatchObject({ code: "SYNC_CONFLICT", exit: 5 });
		await second.ok(["sync", "--take", "platform"]);
		expect(await second.reveal("A")).toBe("first");
		expect(second.vault).toBe(first.vault);
		await second.ok(["secrets", "set", "A=0"]);
		await first.ok(["sync"]);
	}
});

test("a device whose clock was set back detects an old vault", LONG, async () => {
	await using project = await projectAt("+365d");
	await project.ok(["secrets", "set", "A=old"]);
	const old = project.vault;
	await project.ok(["secrets", "set", "A=new"]);
	setClock(project, "-365d");
	await project.ok(["secrets", "set", "B=1"]);
	project.vault = old;
	const { warnings } = await project.data(["secrets", "list"]);
	expect(warnings).toEqual([
		expect.stringMatching(/^Older than this device has seen: A\./),
		expect.stringMatching(/^Seen on this device before, absent now: B\./),
	]);
	expect((await project.coffer(["vault", "verify", "--json"])).error()).toMatchObject({
		code: "VAULT_UNSOUND",
		exit: 7,
	});
});

test(
	"the history follows the order of the versions although the dates of the commits go back",
	LONG,
	async () => {
		await using project = await newProject();
		await project.git("init", "--quiet");
		const offsets = ["+0d", "+365d", "-365d", "-1000d"] as const;
		for (const [index, offset] of offsets.entries()) {
			setClock(project, offset);
			await project.ok(["secrets", "set", `A=value ${index + 1}`]);
			commitAt(project, offset, `Version ${index + 1}`);
		}
		const dates = (await project.git("log", "--format=%ct")).trim().split("\n").map(Number);
		expect(dates).not.toEqual([...dates].sort((a, b) => b - a));
		const { versions, missing } = await project.data(["secrets", "history", "A"]);
		expect(versionsOf({ versions })).toEqual([4, 3, 2, 1]);
		expect(missing).toEqual([]);
		await project.ok(["secrets", "rollback", "A", "--to", "2"]);
		expect(await project.reveal("A")).toBe("value 2");
	},
);

test("the identity and the token in the keychain are found with any clock", LONG, async () => {
	const service = await withSecretService();
	await using platform = await sharedPlatform();
	await using project = new Project({ identity: "none", env: service.env });
	try {
		setClock(project, "+365d");
		expect(await project.data(["init"])).toMatchObject({ identity: "created" });
		await project.ok(["link", platform.control, "--app", APP, "--token", platform.token]);
		for (const [turn, name] of ["A", "B", "C"].entries()) {
			jump(project, turn);
			expect(await project.data(["secrets", "set", `${name}=${turn}`])).toMatchObject({ pending: 0 });
			jump(project, turn + 1);
			expect(await project.reveal(name)).toBe(String(turn));
		}
		expect(await project.data(["status"])).toMatchObject({ reachable: true, pending: [] });
	} finally {
		await service.close();
	}
});
