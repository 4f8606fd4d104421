/** `secrets set`, where one step of its writing fails or the process is killed at it. Each step in turn. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleFor } from "../../support/bundle.ts";
import type { Torture, TortureOptions, TortureReport } from "../torture.ts";
import { Machine } from "./faults/machine.ts";
import { FAULT_PLANTS } from "./faults/plants.ts";
import { type Fault, runWithFault, type Step, stepsTaken } from "./faults/steps.ts";

const FAULTS: readonly Fault[] = ["ENOSPC", "KILL", "EIO", "EROFS", "EACCES"];

/**
 * Steps are identified by their number, and a run may have one step more or less before it. The result is
 * checked nevertheless.
 */
const ASTRAY = "faults that hit another step than was meant";
/**
 * The maximum share of rounds that may hit another step. If there are more, the torture does not test what it
 * claims.
 */
const ASTRAY_MAX = 0.1;

interface Round {
	readonly step: Step;
	readonly fault: Fault;
}

/** The most important steps come first. Locks come last, because they take many calls. */
const ORDER = ["rename", "fsync", "pwrite64", "openat", "fchmod", "unlink", "mkdir", "fcntl"];

/** Each step once, with one of the faults; then each step with the next fault. */
function roundsOf(steps: readonly Step[]): Round[] {
	const order = [...steps].sort((a, b) => ORDER.indexOf(a.syscall) - ORDER.indexOf(b.syscall));
	return FAULTS.flatMap((_, turn) =>
		order.map((step, index) => ({ step, fault: FAULTS[(index + turn) % FAULTS.length] ?? "EIO" })),
	);
}

/** The order of syncs: the file before the rename, the folder after it. */
function unsyncedWrites(threads: readonly (readonly Step[])[]): string[] {
	const files = threads.find((steps) => steps.some(({ syscall }) => syscall === "rename")) ?? [];
	return files.flatMap(({ syscall, file }, index) => {
		if (syscall !== "rename") return [];
		const syncedBefore = files[index - 1]?.syscall === "fsync" && files[index - 1]?.file === file;
		const syncedAfter = files[index + 1]?.syscall === "openat" && files[index + 2]?.syscall === "fsync";
		return syncedBefore && syncedAfter ? [] : [`${file} is renamed without being synced`];
	});
}

async function play(machine: Machine, { step, fault }: Round, tally: Map<string, number>): Promise<string[]> {
	const count = (what: string) => void tally.set(what, 1 + (tally.get(what) ?? 0));
	machine.restore();
	const { result, hit } = await runWithFault(machine.project, machine.command, { step, fault });
	const vaultState = machine.vaultState();
	const isHit = hit.includes(step.file);
	if (!isHit) count(ASTRAY);
	const wrong: string[] = [];
	if (vaultState === "torn") wrong.push("The vault is corrupt.");
	wrong.push(...machine.plaintext().map((path) => `The value lies in ${path}.`));
	if (fault !== "KILL") wrong.push(...machine.findUntruths(result, vaultState));
	if (fault !== "KILL" && step.syscall !== "unlink") wrong.push(...machine.leftovers(result));
	if (isHit && step.file === "coffer.vault.lock" && step.syscall === "openat" && vaultState !== "old")
		wrong.push("It was written without the lock.");
	count(`${fault}: ${vaultState} vault, ${fault === "KILL" ? "killed" : `exit ${result.status}`}`);
	const next = await machine
		.next(vaultState)
		.catch((error: unknown) => [`The next command failed: ${error}`]);
	wrong.push(...next);
	return wrong.map((what) => `${fault} at ${step.syscall} ${step.nth} of ${step.file}: ${what}`);
}

/**
 * Runs the rounds: one kind of device from the first step on, the other from the middle. With a planted bug,
 * it stops at the first failure.
 */
async function playAll(
	kind: "known" | "fresh",
	preload: string,
	{ rounds, plant }: TortureOptions,
	tally: Map<string, number>,
): Promise<{ rounds: number; failures: string[] }> {
	await using machine = await Machine.create(kind, preload, plant);
	machine.restore();
	const threads = await stepsTaken(machine.project, machine.command);
	const failures = unsyncedWrites(threads);
	const all = roundsOf(threads.flat());
	const first = kind === "known" ? 0 : Math.floor(rounds / 2);
	tally.set(`steps, ${kind} device`, threads.flat().length);
	let played = 0;
	for (; played < rounds && !(plant && failures.length > 0); played++) {
		const round = all[(first + played) % all.length];
		if (round) failures.push(...(await play(machine, round, tally)));
	}
	return { rounds: played, failures };
}

async function run(options: TortureOptions): Promise<TortureReport> {
	const folder = mkdtempSync(join(tmpdir(), "coffer-faults-"));
	try {
		const preload = join(folder, "preload.cjs");
		await bundleFor("test/torture/platform/faults/preload.program.ts", preload, { format: "cjs" });
		const tally = new Map<string, number>();
		const half = { ...options, rounds: Math.ceil(options.rounds / 2) };
		const parts = await Promise.all([
			playAll("known", preload, half, tally),
			playAll("fresh", preload, half, tally),
		]);
		const rounds = parts.reduce((sum, part) => sum + part.rounds, 0);
		const failures = parts.flatMap((part) => part.failures);
		const astray = tally.get(ASTRAY) ?? 0;
		if (astray > rounds * ASTRAY_MAX)
			failures.push(`${astray} of ${rounds} faults hit another step than was meant.`);
		return {
			rounds,
			failures,
			tally: Object.fromEntries([...tally].sort(([a], [b]) => (a < b ? -1 : 1))),
		};
	} finally {
		rmSync(folder, { recursive: true });
	}
}

export const torture: Torture = {
	name: "faults: a failure or a kill at each step of a write",
	rounds: { short: 28, long: 600 },
	plants: FAULT_PLANTS,
	run,
};
