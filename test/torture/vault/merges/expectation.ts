/** The expected result of a merge, computed only from the changes on both branches. */
import type { Link } from "../../../../src/vault/chains/chain.ts";
import { parseVault } from "../../../../src/vault/document/format.ts";
import { alice, openEverything } from "../../../vault/maker.ts";
import type { Branch, Branches, Side } from "./branches.ts";

export interface Expectation {
	/**
	 * Whether both sides changed members or environments. Then no merge may be clean, and there is no
	 * question about names.
	 */
	readonly chainConflict: boolean;
	/** Secrets that the user must decide about, each with the sides to choose from. */
	readonly conflicts: ReadonlyMap<string, readonly Side[]>;
	/** Secrets that both sides set to the same value. The user may be asked. */
	readonly mayAsk: ReadonlySet<string>;
	/**
	 * Secrets that a text merge can bring in although their author was removed. They are refused when they
	 * are read.
	 */
	readonly unvouched: ReadonlySet<string>;
}

const other = (side: Side): Side => (side === "ours" ? "theirs" : "ours");
const SIDES: readonly Side[] = ["ours", "theirs"];

function inEnvironment(names: Iterable<string>, environment: string): boolean {
	return [...names].some((name) => name.startsWith(`${environment}/`));
}

/** Whether two chains diverged: neither is a beginning of the other. */
function apart(one: readonly Link[] = [], two: readonly Link[] = []): boolean {
	const both = Math.min(one.length, two.length);
	return one.slice(0, both).some((link, index) => link.text !== two[index]?.text);
}

function chainConflict({ ours, theirs }: Branches): boolean {
	const [one, two] = [ours.maker.document, theirs.maker.document];
	const sections = [...one.environments.values()];
	const dropsWhatChanged = ({ deleted }: Branch, other: Branch) =>
		[...deleted].some(
			(name) =>
				!other.deleted.has(name) && (inEnvironment(other.touched.keys(), name) || other.chains.has(name)),
		);
	return (
		apart(one.links, two.links) ||
		sections.some(({ name, links }) => apart(links, two.environments.get(name)?.links)) ||
		dropsWhatChanged(ours, theirs) ||
		dropsWhatChanged(theirs, ours)
	);
}

/** Whether the other side removed the author of a side's record. */
function isUnvouched(branches: Branches, side: Side, name: string): boolean {
	return branches[side].byDave.has(name) && branches[other(side)].removedDave;
}

export function expectationOf(branches: Branches): Expectation {
	const { ours, theirs } = branches;
	const conflicts = new Map<string, readonly Side[]>();
	const [mayAsk, unvouched] = [new Set<string>(), new Set<string>()];
	for (const name of new Set([...ours.touched.keys(), ...theirs.touched.keys()])) {
		const allowed = SIDES.filter((side) => !isUnvouched(branches, side, name));
		const both = ours.touched.has(name) && theirs.touched.has(name);
		const same = both && ours.touched.get(name) === theirs.touched.get(name);
		const touching = SIDES.filter((side) => branches[side].touched.has(name));
		if (touching.some((side) => !allowed.includes(side))) {
			unvouched.add(name);
			conflicts.set(name, allowed);
		} else if (same) mayAsk.add(name);
		else if (both) conflicts.set(name, SIDES);
	}
	return { chainConflict: chainConflict(branches), conflicts, mayAsk, unvouched };
}

/** Every live value of the merged vault. @param chosen the chosen side for a secret in conflict */
export function mergedValues(branches: Branches, chosen: ReadonlyMap<string, Side>): Map<string, string> {
	const { base, ours, theirs } = branches;
	const values = openEverything(parseVault(base), alice);
	const put = (name: string, value: string | undefined) =>
		value === undefined ? values.delete(name) : values.set(name, value);
	for (const { touched } of [ours, theirs]) for (const [name, value] of touched) put(name, value);
	for (const [name, side] of chosen) {
		const { touched, deleted } = branches[side];
		const before = deleted.size > 0 ? undefined : openEverything(parseVault(base), alice).get(name);
		put(name, touched.has(name) ? touched.get(name) : before);
	}
	for (const name of [...ours.deleted, ...theirs.deleted])
		for (const key of [...values.keys()]) if (key.startsWith(`${name}/`)) values.delete(key);
	return values;
}

/** The fault of a merged vault: a wrong value, or a chain that is not the longer one. */
export function faultsOf(text: string, branches: Branches, chosen: ReadonlyMap<string, Side>): string[] {
	const document = parseVault(text);
	const [actual, expected] = [openEverything(document, alice), mergedValues(branches, chosen)];
	const names = [...new Set([...actual.keys(), ...expected.keys()])];
	const wrong = names.filter((name) => actual.get(name) !== expected.get(name));
	const faults = wrong.map(
		(name) => `${name} is ${actual.get(name) ?? "absent"}, not ${expected.get(name) ?? "absent"}`,
	);
	const { ours, theirs } = branches;
	for (const environment of document.environments.keys()) {
		const side =
			ours.chains.has(environment) || !theirs.maker.document.environments.has(environment) ? ours : theirs;
		const chain = (branch: typeof document) =>
			branch.environments
				.get(environment)
				?.links.map(({ text: line }) => line)
				.join("\n");
		if (chain(document) !== chain(side.maker.document))
			faults.push(`the members of ${environment} are others`);
	}
	return faults;
}
