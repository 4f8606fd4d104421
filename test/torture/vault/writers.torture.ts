/** Many processes write one vault at once, and some of them are killed. */
import { setTimeout as after } from "node:timers/promises";
import { TestProject } from "../../project/project.ts";
import { bundledProgram, type Program } from "../../support/bundle.ts";
import { type Random, randomFrom } from "../random.ts";
import type { Torture, TortureOptions, TortureReport } from "../torture.ts";

const PROCESSES = 20;
const VICTIMS = 4;
/** A process that will be killed runs for this long at most, and at least until Node has started. */
const LIFE_MS = 1_500;
const TIMEOUT_MS = 1_800_000;
const EARLY = "a writer acknowledges a name before it has written it";
const UNLOCKED = "the lock locks nothing";

async function write(
	program: Program,
	project: TestProject,
	name: string,
	options: Writing,
): Promise<string[]> {
	const { root, stateFolder } = project.context;
	const words = [options.mode, root, stateFolder, name, String(options.count)];
	const { stdout, stderr, signal } = await program.run(words, {}, options.lifeMs);
	if (stderr !== "" || (signal !== null && options.lifeMs === TIMEOUT_MS))
		throw new Error(`${name} failed: ${stderr || signal}`);
	// An incomplete line is not an acknowledgement.
	return stdout.split("\n").slice(0, -1);
}

interface Writing {
	readonly mode: string;
	readonly count: number;
	readonly lifeMs: number;
}

/**
 * Starts and kills processes, one after the other, as long as the other writers run. @returns the names that
 * they acknowledged
 */
async function startAndKill(
	start: (name: string, lifeMs: number) => Promise<string[]>,
	crowd: { writes: boolean },
	random: Random,
	name: string,
): Promise<string[]> {
	const acknowledged: string[] = [];
	for (let turn = 0; crowd.writes; turn++) {
		acknowledged.push(...(await start(`${name}_${turn}`, 300 + random.int(LIFE_MS))));
		await after(random.int(50));
	}
	return acknowledged;
}

async function run({ rounds, seed, plant }: TortureOptions): Promise<TortureReport> {
	const replaced =
		plant === UNLOCKED ? { "files/vault-lock.ts": "export const withLock = (_, work) => work();" } : {};
	await using program = await bundledProgram("test/project/writer.program.ts", replaced);
	using project = await TestProject.create();
	const mode = plant === EARLY ? "tell-early" : "tell";
	const count = Math.ceil(rounds / PROCESSES);
	const others = { writes: true };
	const failures: string[] = [];
	/** If a writer fails, the round fails, whether the writer is to be killed or not. */
	const writer = (name: string, of: { count: number; lifeMs: number }) =>
		write(program, project, name, { mode, ...of }).catch((error: unknown) => {
			failures.push(String(error));
			return [];
		});
	const writing = Promise.all(
		Array.from({ length: PROCESSES }, (_, index) => writer(`P${index}`, { count, lifeMs: TIMEOUT_MS })),
	).finally(() => {
		others.writes = false;
	});
	const start = (name: string, lifeMs: number) => writer(name, { count: 1_000_000, lifeMs });
	const dying = Array.from({ length: VICTIMS }, (_, index) =>
		startAndKill(start, others, randomFrom(seed + index), `V${index}`),
	);
	const [byCrowd, byKilled] = [(await writing).flat(), (await Promise.all(dying)).flat()];
	const { secrets } = await project.list();
	const lost = [...byCrowd, ...byKilled].filter((name) => secrets[name] !== 1);
	failures.push(...lost.map((name) => `${name} was acknowledged, and is not there`));
	const tally = {
		"acknowledged by the crowd": byCrowd.length,
		"acknowledged by processes that were killed": byKilled.length,
		"in the vault": Object.keys(secrets).length,
	};
	if (byCrowd.length !== count * PROCESSES) failures.push(`${byCrowd.length} writes were acknowledged`);
	return { rounds: count * PROCESSES, failures, tally };
}

export const torture: Torture = {
	name: "writers: 20 processes that write one vault at once",
	rounds: { short: 40, long: 2_000 },
	plants: [EARLY, UNLOCKED],
	run,
};
