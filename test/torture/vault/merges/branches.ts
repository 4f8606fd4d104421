/** Two random branches of a random vault, with a record of their changes. */
import { parseVault } from "../../../../src/vault/document/format.ts";
import { alice, bob, carol, dave, PRODUCTION, seeded, VaultMaker } from "../../../vault/maker.ts";
import type { Random } from "../../random.ts";

export type Side = "ours" | "theirs";

/** One branch, and its changes; secrets as `ENVIRONMENT/NAME`. */
export interface Branch {
	readonly maker: VaultMaker;
	/** Each secret that was set or deleted on it, with its last value (undefined: deleted). */
	readonly touched: Map<string, string | undefined>;
	/** Secrets whose last author here is dave. */
	readonly byDave: Set<string>;
	/** Environments whose chain got new links. */
	readonly chains: Set<string>;
	removedDave: boolean;
	/** Whether environments were created or deleted. */
	root: boolean;
	readonly deleted: Set<string>;
}

export interface Branches {
	readonly base: string;
	readonly ours: Branch;
	readonly theirs: Branch;
}

const ENVIRONMENTS = [PRODUCTION, "preview"];
const eve = seeded(7);

function branchFrom(base: string): Branch {
	const maker = new VaultMaker();
	maker.document = parseVault(base);
	const [touched, byDave, chains] = [new Map(), new Set<string>(), new Set<string>()];
	return { maker, touched, byDave, chains, removedDave: false, root: false, deleted: new Set() };
}

/** Every tenth name, so that there are gaps to set others into. */
function randomBase(random: Random): string {
	const maker = new VaultMaker().add(bob, "writer", "bob").add(dave, "writer", "dave").environment("preview");
	for (let number = 10; number < 10 * (2 + random.int(12)); number += 10) {
		for (const environment of ENVIRONMENTS)
			maker.set(`N${100 + number}`, random.chance(0.1) ? undefined : `base ${number}`, environment);
	}
	return maker.text;
}

/** A name that may exist, in a gap between names, or after the last one. */
function randomName(random: Random): string {
	if (random.chance(0.1)) return `Z${10 + random.int(20)}`;
	return `N${100 + (random.chance(0.5) ? 10 * (1 + random.int(13)) : random.int(140))}`;
}

function editSecret(branch: Branch, random: Random, value: string): void {
	const { maker, touched, byDave, removedDave, deleted } = branch;
	const environment = random.chance(0.75) ? PRODUCTION : "preview";
	if (deleted.has(environment)) return;
	const name = randomName(random);
	const isThere = maker.section(environment).records.has(name);
	const written = isThere && random.chance(0.25) ? undefined : value;
	const byHim = environment === PRODUCTION && !removedDave && random.chance(0.15);
	maker.set(name, written, environment, byHim ? dave : alice);
	touched.set(`${environment}/${name}`, written);
	if (byHim) byDave.add(`${environment}/${name}`);
	else byDave.delete(`${environment}/${name}`);
}

function dropEnvironment(branch: Branch, name: string): void {
	const { maker } = branch;
	maker.link("", ["delete", name]);
	const environments = new Map(maker.document.environments);
	environments.delete(name);
	maker.document = { ...maker.document, environments };
	branch.deleted.add(name);
	branch.root = true;
}

/** Each of these happens at most once on a branch. */
const CHAIN_EDITS: readonly ((branch: Branch, random: Random) => void)[] = [
	(branch, random) => {
		const [member, name] = random.chance(0.5) ? [carol, "carol"] : [eve, "eve"];
		branch.maker.add(member, random.chance(0.5) ? "reader" : "writer", name);
		branch.chains.add(PRODUCTION);
	},
	(branch) => {
		branch.maker.epoch([dave]);
		branch.removedDave = true;
		branch.chains.add(PRODUCTION);
		// Whoever starts the epoch signs all records again.
		branch.byDave.clear();
	},
	(branch) => {
		branch.maker.epoch([]);
		branch.chains.add(PRODUCTION);
		branch.byDave.clear();
	},
	(branch, random) => {
		branch.maker.environment(`made-${random.int(100)}`);
		branch.root = true;
	},
	(branch) => dropEnvironment(branch, "preview"),
];

function editBranch(branch: Branch, random: Random, side: Side): void {
	const edits = random.int(5);
	for (let made = 0; made < edits; made++) editSecret(branch, random, `${side} ${made}`);
	if (random.chance(0.3)) random.pick(CHAIN_EDITS)(branch, random);
	for (let made = 0; made < random.int(3); made++) editSecret(branch, random, `${side} ${10 + made}`);
	// Sometimes both sides set the same value.
	if (random.chance(0.1)) editSecret(branch, random, "the same");
}

export function randomBranches(random: Random): Branches {
	const base = randomBase(random);
	const [ours, theirs] = [branchFrom(base), branchFrom(base)];
	editBranch(ours, random, "ours");
	editBranch(theirs, random, "theirs");
	return { base, ours, theirs };
}
