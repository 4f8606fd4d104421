/**
 * A damaged vault is never read wrongly: it is refused with an `AppError` that has a line, or the device
 * detects what is missing.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "../../../src/errors.ts";
import { fingerprint } from "../../../src/identity/identity.ts";
import { verifyVault } from "../../../src/project/verify-vault.ts";
import { seeded } from "../../vault/maker.ts";
import { randomFrom } from "../random.ts";
import type { Torture, TortureOptions, TortureReport } from "../torture.ts";
import { Device, OUTCOME, READER, type Route } from "./mutants/device.ts";
import { type History, smallHistory, teamHistory } from "./mutants/history.ts";
import { type Mutant, mutantOf, singleMutation, singleMutations } from "./mutants/mutants.ts";
import { PLANTS } from "./mutants/plants.ts";

/** Errors without a line, because they are about the file as a whole. */
const WHOLE_FILE = ["VAULT_REPLACED", "MEMBERSHIP_DIVERGED"];

/** The outcome of a mutant: the error code, or another text. If it begins with FAULT, it is a failure. */
function outcomeOf(mutant: Mutant, route: Route): string {
	try {
		return route(mutant.bytes);
	} catch (error) {
		if (!(error instanceof AppError))
			return `FAULT: ${error instanceof Error ? error.message : String(error)}`;
		if (error.line === undefined && !WHOLE_FILE.includes(error.code))
			return `FAULT: ${error.code} without a line`;
		return [1, 5, 7].includes(error.exit) ? error.code : `FAULT: ${error.code} with exit ${error.exit}`;
	}
}

/** A project on disk, on a device that has checked the last commit: the strict check of the command line. */
class StrictCheck {
	readonly #folder: string;

	private constructor(folder: string) {
		this.#folder = folder;
	}

	static async of(folder: string, { commits }: History): Promise<StrictCheck> {
		await mkdir(join(folder, "project"), { recursive: true });
		const check = new StrictCheck(folder);
		const outcome = await check.outcomeOf(Buffer.from(commits.at(-1) ?? ""));
		if (outcome !== OUTCOME.silent) throw new Error(`the last commit is found ${outcome}`);
		return check;
	}

	async outcomeOf(bytes: Uint8Array): Promise<string> {
		const root = join(this.#folder, "project");
		await writeFile(join(root, "coffer.vault"), bytes);
		const identity = seeded(1);
		const stateFolder = join(this.#folder, "state");
		const holder = { identity, member: fingerprint(identity.publicKeys), stateFolder };
		try {
			const { findings } = await verifyVault({ root, environment: undefined, holder });
			return findings[0]?.code ?? OUTCOME.silent;
		} catch (error) {
			return error instanceof AppError ? error.code : `FAULT: ${error}`;
		}
	}
}

/** The interval, in rounds, of strict checks on disk. Mutants that another way accepts are always checked. */
const STRICT_EVERY = 20;
/** The interval, in rounds, of single mutations of the small vault. */
const SINGLE_EVERY = 5;

interface Subject {
	readonly device: Device;
	/** Coffer without the bug that is planted in the device. */
	readonly unplanted: Device | undefined;
	readonly strict: StrictCheck;
}

/** The parameters of a round. */
interface Round {
	readonly mutant: Mutant;
	readonly subject: Subject;
	readonly strictly: boolean;
	/** The index of the way in which the device reads the mutant. */
	readonly route: number;
}

async function runRound({
	mutant,
	subject,
	strictly,
	route,
}: Round): Promise<[route: string, outcome: string][]> {
	const [name, read] = Object.entries(subject.device.routes)[route] as [string, Route];
	const outcomes: [string, string][] = [[name, outcomeOf(mutant, read)]];
	const unplanted = subject.unplanted?.routes[name];
	if (unplanted) {
		const missed = outcomes[0]?.[1] === OUTCOME.silent && outcomeOf(mutant, unplanted) !== OUTCOME.silent;
		return missed ? [[name, "FAULT: read as if it were right"]] : outcomes;
	}
	if (!strictly && outcomes[0]?.[1] !== OUTCOME.silent) return outcomes;
	const outcome = await subject.strict.outcomeOf(mutant.bytes);
	// The same version sealed in an older epoch has the same value, so only the strict check refuses it.
	outcomes.push(["strict", outcome === OUTCOME.silent ? "FAULT: the strict check finds nothing" : outcome]);
	return outcomes;
}

async function run({ rounds, seed, plant }: TortureOptions): Promise<TortureReport> {
	const random = randomFrom(seed).int;
	const parts = plant === undefined ? READER : PLANTS[plant];
	if (!parts) throw new TypeError(`no such plant: ${plant}`);
	const folder = await mkdtemp(join(tmpdir(), "coffer-mutants-"));
	const failures: string[] = [];
	const tally = new Map<string, number>();
	try {
		const subjectOf = async (history: History, name: string): Promise<Subject> => ({
			device: new Device(history, parts),
			unplanted: plant === undefined ? undefined : new Device(history),
			strict: await StrictCheck.of(join(folder, name), history),
		});
		const [team, small] = [await subjectOf(teamHistory, "team"), await subjectOf(smallHistory, "small")];
		const singles = Math.min(Math.ceil(rounds / SINGLE_EVERY), singleMutations(smallHistory));
		const stride = singleMutations(smallHistory) / singles;
		// One failure is enough to have found a planted bug.
		for (let index = 0; index < rounds && !(plant && failures.length > 0); index++) {
			const at = Math.min(Math.ceil(index * stride), singleMutations(smallHistory) - 1);
			const single = index < singles ? singleMutation(smallHistory, at) : undefined;
			const mutant = single ?? mutantOf(teamHistory, random);
			const strictly = random(STRICT_EVERY) === 0;
			const subject = single ? small : team;
			for (const [route, outcome] of await runRound({ mutant, subject, strictly, route: random(5) })) {
				if (outcome.startsWith("FAULT"))
					failures.push(`round ${index}, ${route}, ${mutant.what}: ${outcome}`);
				tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
			}
		}
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
	const sorted = [...tally].sort(([, a], [, b]) => b - a);
	return { rounds, failures, tally: Object.fromEntries(sorted) };
}

export const torture: Torture = {
	name: "mutants of a vault",
	rounds: { short: 2_000, long: 100_000 },
	plants: Object.keys(PLANTS),
	run,
};
