/** Commands that change the vault are killed at a random moment. */
import { mkdtempSync, readdirSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { withLock } from "../../../src/project/files/vault-lock.ts";
import { resolveVault } from "../../../src/project/resolve.ts";
import { setSecrets } from "../../../src/project/secrets/edit-secrets.ts";
import { parseVault } from "../../../src/vault/document/format.ts";
import { isConflicted } from "../../../src/vault/merge/conflict-text.ts";
import { contextOf } from "../../project/project.ts";
import type { Running } from "../../stories/support/process.ts";
import { Project } from "../../stories/support/project.ts";
import { bundleFor } from "../../support/bundle.ts";
import { filesBelow } from "../../support/files-below.ts";
import { formsOf } from "../../support/values/forms.ts";
import { CRASH_PLANTS } from "../platform/faults/plants.ts";
import { type Random, randomFrom } from "../random.ts";
import type { Torture, TortureOptions, TortureReport } from "../torture.ts";
import { CANARY, COMMANDS, isMadeBy, type KilledCommand } from "./kills/commands.ts";

const FORMS = formsOf(CANARY).map((form) => Buffer.from(form));
const IDENTITY = `coffer-identity-1.${Buffer.alloc(32, 1).toString("base64url")}`;
/** The maximum delay after its first write. A fast machine finishes sooner than that, a slow one does not. */
const WRITING_MS = [1, 4, 25];
const LOCK_FREE_MS = 5_000;
const MACHINES = 2;

/** When a command is killed. */
type Moment = (project: Project, signal: AbortSignal) => Promise<unknown>;

/** Resolves when something is written in the folder, or when the signal says that nothing will be written. */
async function writingIn(folder: string, signal: AbortSignal): Promise<void> {
	if (signal.aborted) return;
	await new Promise<void>((resolve) => {
		watch(folder, { signal }, () => resolve());
		signal.addEventListener("abort", () => resolve());
	});
}

/** At a random moment of a command's run, or soon after its first write. */
function sometime(random: Random, lifeMs: number): Moment {
	if (random.chance(0.4)) return (_, signal) => after(random.below(lifeMs), undefined, { signal });
	return async ({ root }, signal) => {
		await writingIn(root, signal);
		await after(random.below(random.pick(WRITING_MS)), undefined, { signal });
	};
}

/** At the planted bug: the program creates a file in that folder when it reaches the bug, and waits. */
function inWindow(folder: string): Moment {
	return (_, signal) => writingIn(folder, signal);
}

async function killAt(project: Project, running: Running, moment: Moment): Promise<void> {
	const controller = new AbortController();
	const ended = running.ended.finally(() => controller.abort());
	await moment(project, controller.signal).catch(() => undefined);
	running.signal("SIGKILL");
	await ended;
}

/** Whether the lock is free soon. */
async function lockIsFree(root: string): Promise<boolean> {
	const startMs = performance.now();
	await withLock(join(root, "coffer.vault.lock"), async () => undefined);
	return performance.now() - startMs < LOCK_FREE_MS;
}

function leavings(project: Project): string[] {
	const files = readdirSync(project.machine, { recursive: true, encoding: "utf8" });
	return files.filter((path) => /\.tmp$|-journal$/.test(path)).map((path) => `${path} is left`);
}

function plaintext(project: Project): string[] {
	return filesBelow(project.machine)
		.filter(({ bytes }) => FORMS.some((form) => bytes.includes(form)))
		.map(({ path }) => `the value lies in ${path.slice(project.machine.length)}`);
}

/** The faults after a kill, and after the next command. */
async function judge(project: Project, command: KilledCommand, count: (what: string) => void) {
	const text = project.vault;
	const vaultState = text === command.before ? "old" : isMadeBy(command, text) ? "new" : "torn";
	count(`${vaultState} vault`);
	if (leavings(project).length > 0) count("a temporary file was left until the next command");
	const wrong = [...plaintext(project), ...(vaultState === "torn" ? ["the vault is corrupt"] : [])];
	if (!(await lockIsFree(project.root))) wrong.push("the lock was not free");
	// While the vault is in conflict, it accepts no other command.
	if (isConflicted(text)) await resolveVault(project.root, { take: () => "ours" });
	const context = contextOf(project.root, join(project.machine, "state/coffer"));
	await setSecrets(context, new Map([["NEXT", "next"]]));
	if (!parseVault(project.vault).environments.get("production")?.records.has("NEXT"))
		wrong.push("the next command wrote nothing");
	return [...wrong, ...leavings(project), ...plaintext(project)];
}

async function playOne(project: Project, name: string, moment: Moment, count: (what: string) => void) {
	const command = COMMANDS[name];
	if (!command) throw new TypeError(`There is no command ${name}.`);
	for (const folder of ["state/coffer", "project/coffer.vault.lock"])
		rmSync(join(project.machine, folder), { recursive: true, force: true });
	project.vault = command.before;
	const running = project.start(command.args);
	await killAt(project, running, moment);
	const { signal } = await running.ended;
	count(signal === "SIGKILL" ? "killed" : "ended before the kill");
	const wrong = await judge(project, command, (what) => count(`${name}: ${what}`)).catch((error: unknown) => [
		`the next command failed: ${error instanceof Error ? error.message : "unknown"}`,
	]);
	return wrong.map((what) => `${name}: ${what}`);
}

/** The time of a command that is not killed, in a separate process, like the killed ones. */
async function lifeOf(project: Project): Promise<number> {
	project.vault = COMMANDS["set"]?.before ?? "";
	const startMs = performance.now();
	const { status, stderr } = await project.start(["secrets", "set", "A=1"]).ended;
	if (status !== 0) throw new Error(`The command that was not killed failed: ${stderr}`);
	return performance.now() - startMs;
}

async function playAll(preload: string, options: TortureOptions, tally: Map<string, number>) {
	const { rounds, seed, plant } = options;
	const count = (what: string) => void tally.set(what, 1 + (tally.get(what) ?? 0));
	const random = randomFrom(seed);
	await using project = new Project({ identity: IDENTITY });
	const lifeMs = await lifeOf(project);
	const windows = mkdtempSync(join(dirname(preload), "window-"));
	if (plant) {
		const PLANT_WINDOW = join(windows, "window");
		Object.assign(project.variables, { NODE_OPTIONS: `--require ${preload}`, PLANT: plant, PLANT_WINDOW });
	}
	const failures: string[] = [];
	for (let played = 0; played < rounds && !(plant && failures.length > 0); played++) {
		const name = random.pick(Object.keys(COMMANDS));
		const moment = plant ? inWindow(windows) : sometime(random, lifeMs);
		failures.push(...(await playOne(project, name, moment, count)));
	}
	return failures;
}

async function run(options: TortureOptions): Promise<TortureReport> {
	const folder = mkdtempSync(join(tmpdir(), "coffer-kills-"));
	try {
		const preload = join(folder, "preload.cjs");
		await bundleFor("test/torture/platform/faults/preload.program.ts", preload, { format: "cjs" });
		const tally = new Map<string, number>();
		const rounds = Math.ceil(options.rounds / MACHINES);
		const failures = await Promise.all(
			Array.from({ length: MACHINES }, (_, index) =>
				playAll(preload, { ...options, rounds, seed: options.seed + index }, tally),
			),
		);
		return {
			rounds: rounds * MACHINES,
			failures: failures.flat(),
			tally: Object.fromEntries([...tally].sort(([a], [b]) => (a < b ? -1 : 1))),
		};
	} finally {
		rmSync(folder, { recursive: true });
	}
}

export const torture: Torture = {
	name: "kills: commands that write, killed at a random moment",
	rounds: { short: 24, long: 1_000 },
	plants: CRASH_PLANTS,
	run,
};
