/**
 * Random branches of a vault, merged by real git with the driver, without it, and with a driver whose program
 * is missing. Conflicts are resolved.
 */
import { AppError } from "../../../src/errors.ts";
import { type ConflictName, type Resolution, resolveVault } from "../../../src/project/resolve.ts";
import { parseVault } from "../../../src/vault/document/format.ts";
import { lossesOf } from "../../../src/vault/merge/losses.ts";
import { alice } from "../../vault/maker.ts";
import { type Random, randomFrom } from "../random.ts";
import type { Torture, TortureOptions, TortureReport } from "../torture.ts";
import { type Branches, randomBranches, type Side } from "./merges/branches.ts";
import { type Expectation, expectationOf, faultsOf } from "./merges/expectation.ts";
import { MergeRepository } from "./merges/repository.ts";

const PLANTS = {
	oneSide: "the driver keeps one side and reports a clean merge",
	union: "the driver puts the lines of both sides together",
	guess: "a conflict is decided without asking",
};
const DRIVERS: Readonly<Record<string, string>> = {
	gone: "'/nowhere/run.js' git merge %O %A %B %P",
	[PLANTS.oneSide]: "true %O %A %B",
	[PLANTS.union]: "git merge-file --union %A %O %B",
};
const ORDER: readonly Driver[] = ["driver", "text", "gone"];
const DISORDER = ["VAULT_UNSORTED", "VAULT_NAME_DUPLICATE"];
const UNREADABLE = "VAULT_CONFLICT_UNREADABLE";
const REFUSALS = ["MEMBERSHIP_CONFLICT", "ENVIRONMENT_CONFLICT"];

interface Round {
	readonly repository: MergeRepository;
	readonly branches: Branches;
	readonly expected: Expectation;
	readonly texts: { readonly base: string; readonly ours: string; readonly theirs: string };
	/** Git's style of conflicts. */
	readonly style: string;
	readonly random: Random;
	/** Whether the complete merge base is known: to the driver, or from git's index. */
	readonly driven: boolean;
	/** The driver that git uses. */
	readonly driver: Driver;
	readonly plant: string | undefined;
}

/** `gone`: it is set up, but its program is missing. */
type Driver = "driver" | "text" | "gone";

/** The outcome of a merge, for the tally, and its fault. */
interface Outcome {
	readonly how: string;
	readonly faults: readonly string[];
}

async function refusal(work: Promise<unknown>): Promise<AppError | undefined> {
	try {
		await work;
		return undefined;
	} catch (error) {
		if (error instanceof AppError) return error;
		throw error;
	}
}

/** Git reported a clean merge. */
async function checkCleanMerge(round: Round): Promise<Outcome> {
	const { repository, branches, expected, driven } = round;
	if (expected.chainConflict)
		return { how: "clean", faults: ["merged although both sides changed the members"] };
	try {
		const must = [...expected.conflicts.keys()].map((name) => `${name} was merged without asking`);
		return { how: "clean", faults: [...must, ...faultsOf(repository.vault, branches, new Map())] };
	} catch (error) {
		// A text merge does not keep the order either. The file is refused until it is repaired.
		if (!driven && error instanceof AppError && DISORDER.includes(error.code)) {
			const { how, faults } = await checkConflict(round);
			return { how: `clean for git, but in disorder: ${how}`, faults };
		}
		if (isUnvouched(round, error)) throw error;
		return { how: "clean", faults: [`does not hold: ${error}`] };
	}
}

const keyOf = ({ environment, name }: ConflictName) => `${environment}/${name}`;

/** A side for each unresolved name: one that has changed it and may be chosen. */
function choose({ branches, expected, random }: Round, open: readonly ConflictName[]): Map<string, Side> {
	const sides = open.map(keyOf).map((name): [string, Side] => {
		const allowed = expected.conflicts.get(name);
		if (allowed) return [name, random.pick(allowed)];
		return [name, branches.ours.touched.has(name) ? "ours" : "theirs"];
	});
	return new Map(sides);
}

/**
 * The command asked about names. It must ask about the right ones, and the decisions must lead to the right
 * vault.
 */
async function checkNamedConflict(round: Round, open: readonly ConflictName[]): Promise<Outcome> {
	const { repository, branches, expected, driven } = round;
	const names = open.map(keyOf);
	const faults = [...expected.conflicts.keys()]
		.filter((name) => !names.includes(name))
		.map((name) => `${name} was decided without asking`);
	const needless = names.filter((name) => !expected.conflicts.has(name) && !expected.mayAsk.has(name));
	// Git's own conflict markers do not always contain the text of the merge base.
	if (driven) faults.push(...needless.map((name) => `${name} was asked for, and only one side changed it`));
	const chosen = choose(round, open);
	await resolveVault(repository.root, {
		identity: alice,
		variables: repository.variables,
		take: (...key) => chosen.get(key.join("/")),
	});
	return {
		how: needless.length > 0 ? "conflict by name, more than needed" : "conflict by name",
		faults: [...faults, ...faultsOf(repository.vault, branches, chosen)],
	};
}

/**
 * The text does not show which record belongs to which side. The error's hint leads to a merge by the driver.
 */
async function checkWayOut(round: Round): Promise<Outcome> {
	using repository = await MergeRepository.create(undefined);
	if (repository.merge(round.texts, round.style)) throw new Error("The same merge now has no conflict.");
	const again = { ...round, repository, driven: true };
	const { how, faults } = (await repository.mergeWithDriver())
		? await checkCleanMerge(again)
		: await checkConflict(again);
	return { how: `refused: ${UNREADABLE}, then by the driver: ${how}`, faults };
}

/** Git left a conflict, and `vault resolve` runs. */
async function checkConflict(round: Round): Promise<Outcome> {
	const { repository, branches, expected, plant, driven } = round;
	const before = repository.vault;
	const take = plant === PLANTS.guess ? () => "ours" as const : undefined;
	const { root, variables } = repository;
	const error = await refusal(resolveVault(root, { identity: alice, take, variables }));
	if (error?.code === UNREADABLE && !driven && error.hint.includes("coffer git setup")) {
		const { how, faults } = await checkWayOut(round);
		const isKept = repository.vault === before;
		return { how, faults: isKept ? faults : [...faults, "refused, and written all the same"] };
	}
	if (error && REFUSALS.includes(error.code)) {
		const faults = expected.chainConflict ? [] : [`refused without need: ${error.message}`];
		if (repository.vault !== before) faults.push("refused, and written all the same");
		return { how: `refused: ${error.code}`, faults };
	}
	if (expected.chainConflict)
		return { how: "repaired", faults: ["repaired although both sides changed the members"] };
	if (error?.code === "MERGE_CONFLICT")
		return await checkNamedConflict(round, (error.data as Resolution).open);
	if (error) return { how: "failed", faults: [`failed: ${error.code} ${error.message}`] };
	const guessed = [...expected.conflicts.keys()].map((name) => `${name} was decided without asking`);
	return { how: "repaired", faults: [...guessed, ...faultsOf(repository.vault, branches, new Map())] };
}

/** A text merge does not check authors. A reader of the record does, and refuses it. */
function isUnvouched({ driven, expected }: Round, error: unknown): boolean {
	const known = !driven && expected.unvouched.size > 0;
	return known && error instanceof AppError && error.code === "RECORD_AUTHOR_REMOVED";
}

/** The result has everything that both sides had, as the pre-commit hook checks it. */
function lost({ repository, texts, expected }: Round, { how }: Outcome): string[] {
	if (expected.chainConflict || how.startsWith("refused")) return [];
	const [base, ours, theirs] = [texts.base, texts.ours, texts.theirs].map((text) => parseVault(text));
	if (!base || !ours || !theirs) return [];
	const parents = [
		{ label: "ours", document: ours },
		{ label: "theirs", document: theirs },
	];
	return lossesOf(parseVault(repository.vault), parents, [base]).map(
		({ environment, name }) => `the hook would refuse it for ${environment}/${name}`,
	);
}

async function play(round: Round): Promise<Outcome> {
	const { repository, texts, style } = round;
	const outcome = repository.merge(texts, style) ? await checkCleanMerge(round) : await checkConflict(round);
	return { ...outcome, faults: [...outcome.faults, ...lost(round, outcome)] };
}

function roundOf(
	branches: Branches,
	rest: Pick<Round, "random" | "plant" | "driven" | "driver" | "repository">,
): Round {
	const { base, ours, theirs } = branches;
	const style = rest.random.pick(["merge", "diff3", "zdiff3"]);
	const texts = { base, ours: ours.maker.text, theirs: theirs.maker.text };
	return { ...rest, branches, expected: expectationOf(branches), style, texts };
}

async function run({ rounds, seed, plant }: TortureOptions): Promise<TortureReport> {
	using driven = await MergeRepository.create((plant && DRIVERS[plant]) ?? "coffer");
	using bare = await MergeRepository.create(undefined);
	using gone = await MergeRepository.create(DRIVERS["gone"]);
	const repositories = { driver: driven, text: bare, gone };
	const tally = new Map<string, number>();
	const failures: string[] = [];
	let played = 0;
	for (; played < rounds && !(plant && failures.length > 0); played++) {
		const roundSeed = seed + played;
		const random = randomFrom(roundSeed);
		const branches = randomBranches(random);
		// With a planted bug, the driver always runs. Otherwise the kinds of drivers take turns, so the seed
		// alone reproduces a failure.
		const driver = plant === undefined ? (ORDER[roundSeed % ORDER.length] ?? "driver") : "driver";
		const whole = roundOf(branches, {
			random,
			plant,
			driver,
			driven: driver !== "text",
			repository: repositories[driver],
		});
		const { how, faults } = await play(whole).catch((error: unknown) =>
			isUnvouched(whole, error)
				? { how: "refused when read: a record's author was removed", faults: [] }
				: { how: "failed", faults: [String(error)] },
		);
		const key = `${driver}: ${how}`;
		tally.set(key, 1 + (tally.get(key) ?? 0));
		failures.push(...faults.map((fault) => `${key}, seed ${roundSeed}: ${fault}`));
	}
	return {
		rounds: played,
		failures,
		tally: Object.fromEntries([...tally].sort(([a], [b]) => (a < b ? -1 : 1))),
	};
}

export const torture: Torture = {
	name: "merges: random branches through git, with and without the driver",
	rounds: { short: 24, long: 1_000 },
	plants: Object.values(PLANTS),
	run,
};
