/**
 * Compares the reads of functions with the secrets of the vault: how each function reads each secret, which names are
 * read but are not secrets, and which secrets no function reads. Pure.
 */

import { isPrefix, matches } from "../evidence/name-pattern.ts";
import { compareText } from "../evidence/order.ts";
import { packageOf } from "../evidence/package.ts";
import type { Known, Reads, Reference } from "../evidence/reference.ts";
import { Granted } from "./granted.ts";

export interface CoveredFunction extends Reads {
	/** Unique in the input. */
	readonly name: string;
}

/**
 * How a function reads a name. `static`, `declared` and `observed` are the sources of a known read. `package`: only a
 * package reads the name. `dynamic`: the function may read any name. `excluded`: it would read the name but does not
 * get it.
 */
export type Cell = Known | "package" | "dynamic" | "excluded";

export interface CoverageRow {
	/** The name of a secret, a name that is read and is not a secret, or a prefix pattern that matches no secret. */
	readonly name: string;
	readonly isSecret: boolean;
	/** By function. Functions that do not read the name are left out. */
	readonly cells: ReadonlyMap<string, Cell>;
}

export interface Coverage {
	/** Sorted. */
	readonly functions: readonly string[];
	/** Sorted by name. */
	readonly rows: readonly CoverageRow[];
	/**
	 * Names that the functions' own code or declarations read and the vault lacks, with each location. Sorted
	 * by name. `NODE_ENV` is never missing, because the platform gives it a value.
	 */
	readonly missing: readonly { readonly name: string; readonly places: readonly ReadLocation[] }[];
	/** Secrets that no function gets, or that only dynamic functions get. Sorted. */
	readonly unused: readonly string[];
}

/** The location at which a function reads a name. */
export interface ReadLocation {
	readonly function: string;
	readonly file: string;
	readonly line: number;
}

/** Names that have a value without a secret: a function that reads one works without it. */
const WITH_DEFAULT: ReadonlySet<string> = new Set(["NODE_ENV"]);

/** A cell shows the first of these that applies. */
const STRONGEST_FIRST: readonly Cell[] = ["excluded", "static", "declared", "observed", "package", "dynamic"];

/**
 * How one function reads each name. The time grows with its references, and also with the secrets where it
 * has prefix patterns or is dynamic.
 */
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

/** Whether a function's own code or declaration names a secret. Reads by packages and observed reads are ignored. */
function isAskedFor(reference: Reference): boolean {
	return reference.how !== "observed" && packageOf(reference.file) === undefined;
}

/** @param secrets the names of the secrets that exist */
export function coverageOf(functions: readonly CoveredFunction[], secrets: ReadonlySet<string>): Coverage {
	const sorted = functions.toSorted((a, b) => compareText(a.name, b.name));
	const names = [...secrets];
	const rows = new Map(names.map((name) => [name, new Map<string, Cell>()]));
	const absent = new Map<string, ReadLocation[]>();
	for (const one of sorted) {
		for (const [name, cell] of cellsOf(one, names)) {
			const row = rows.get(name) ?? new Map<string, Cell>();
			// A name that is not a secret, and that the function would not get anyway, is left out.
			if (secrets.has(name) || cell !== "excluded") rows.set(name, row.set(one.name, cell));
		}
		for (const reference of one.references) {
			const { name, file, line } = reference;
			const cell = rows.get(name)?.get(one.name);
			if (secrets.has(name) || cell === undefined || !isAskedFor(reference)) continue;
			if (WITH_DEFAULT.has(name)) continue;
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
