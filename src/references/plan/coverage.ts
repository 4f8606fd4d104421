/**
 * How what functions read and what the vault holds fit together: for each secret and each function how the one reads
 * the other, which names are read that are no secrets, and which secrets nobody reads. PURE.
 */

import { isPrefix, matches } from "../evidence/name-pattern.ts";
import { packageOf } from "../evidence/package.ts";
import type { Known, Reads, Reference } from "../evidence/reference.ts";
import { Granted } from "./granted.ts";

export interface CoveredFunction extends Reads {
	/** Unique in the input. */
	readonly name: string;
}

/**
 * How a function reads a secret: as its evidence says; `package` where only a package that it imports reads the name;
 * `dynamic` where it could read any; `excluded` where it would, and does not get it.
 */
export type Cell = Known | "package" | "dynamic" | "excluded";

export interface CoverageRow {
	/** A secret's name; that of something that is read and is no secret; or the beginning of names and a star that no secret fits. */
	readonly name: string;
	readonly isSecret: boolean;
	/** By function; a function that does not read it is not in it. */
	readonly cells: ReadonlyMap<string, Cell>;
}

export interface Coverage {
	/** Sorted. */
	readonly functions: readonly string[];
	/** Sorted by name. */
	readonly rows: readonly CoverageRow[];
	/** What functions' own code (or their declarations) read and the vault lacks, with every place; sorted by name. */
	readonly missing: readonly { readonly name: string; readonly places: readonly ReadLocation[] }[];
	/** Secrets that no function gets, or none but those that could read any; sorted. */
	readonly unused: readonly string[];
}

/** Where a function reads a name. */
export interface ReadLocation {
	readonly function: string;
	readonly file: string;
	readonly line: number;
}

/** The stronger evidence first: one cell shows one. */
const STRONGEST_FIRST: readonly Cell[] = ["excluded", "static", "declared", "observed", "package", "dynamic"];

/** How one function reads each name that it reads. The time grows with its references, and with the secrets where it has prefixes or is dynamic. */
function cellsOf(of: CoveredFunction, secrets: readonly string[]): Map<string, Cell> {
	const granted = new Granted(of);
	const cells = new Map<string, Cell>();
	const add = (name: string, cell: Cell) => {
		const shown = granted.has(name) ? cell : "excluded";
		const known = cells.get(name);
		if (known === undefined || STRONGEST_FIRST.indexOf(shown) < STRONGEST_FIRST.indexOf(known))
			cells.set(name, shown);
	};
	for (const reference of of.references) {
		const cell =
			reference.how === "static" && packageOf(reference.file) !== undefined ? "package" : reference.how;
		const read = isPrefix(reference.name) ? secrets.filter((name) => matches(reference.name, name)) : [];
		for (const name of read.length > 0 ? read : [reference.name]) add(name, cell);
	}
	if (of.dynamic.length > 0) for (const name of secrets) add(name, "dynamic");
	return cells;
}

/** What a function's code or declaration asks for by name; not what a package tries, nor what was seen by chance. */
function isAskedFor(reference: Reference): boolean {
	return reference.how !== "observed" && packageOf(reference.file) === undefined;
}

/**
 * @param secrets the names of the live secrets
 */
export function coverageOf(functions: readonly CoveredFunction[], secrets: ReadonlySet<string>): Coverage {
	const sorted = functions.toSorted((a, b) => compareText(a.name, b.name));
	const names = [...secrets];
	const rows = new Map(names.map((name) => [name, new Map<string, Cell>()]));
	const absent = new Map<string, ReadLocation[]>();
	for (const one of sorted) {
		for (const [name, cell] of cellsOf(one, names)) {
			const row = rows.get(name) ?? new Map<string, Cell>();
			// What is no secret and is kept from the function is nothing to anybody.
			if (secrets.has(name) || cell !== "excluded") rows.set(name, row.set(one.name, cell));
		}
		for (const reference of one.references) {
			const { name, file, line } = reference;
			const cell = rows.get(name)?.get(one.name);
			if (secrets.has(name) || cell === undefined || !isAskedFor(reference)) continue;
			absent.set(name, [...(absent.get(name) ?? []), { function: one.name, file, line }]);
		}
	}
	const isUsed = (cell: Cell) => cell !== "dynamic" && cell !== "excluded";
	return {
		functions: sorted.map(({ name }) => name),
		rows: [...rows]
			.sort(([a], [b]) => compareText(a, b))
			.map(([name, cells]) => ({ name, isSecret: secrets.has(name), cells })),
		missing: [...absent].sort(([a], [b]) => compareText(a, b)).map(([name, places]) => ({ name, places })),
		unused: [...rows]
			.filter(([name, cells]) => secrets.has(name) && ![...cells.values()].some(isUsed))
			.map(([name]) => name)
			.sort(compareText),
	};
}

function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
