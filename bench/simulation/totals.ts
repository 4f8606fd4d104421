/** Simulates all cells, one after the other, and adds up what happened in them. */
import type { Assumed } from "./assumptions.ts";
import { type CellResult, simulateCell } from "./cell.ts";
import { costsOf } from "./costs.ts";
import { drawApps } from "./draw.ts";
import { Quantiles } from "./quantiles.ts";

/** Seeds of neighbouring cells must not give overlapping sequences of random numbers. */
const SEED_STEP = 0x9e3779b1;

export interface Run {
	readonly seed: number;
	readonly apps: number;
	readonly nodes: number;
	readonly cells: number;
	readonly warmMs: number;
	readonly windowMs: number;
	readonly isDrill: boolean;
}

/** Sums over all cells. Utilisations and processes are those of the cell in which they are highest. */
export type Totals = CellResult;

function added<Key extends string>(
	one: Readonly<Record<Key, number>>,
	other: Readonly<Record<Key, number>>,
	add: (a: number, b: number) => number,
): Record<Key, number> {
	const entries = Object.keys(one).map((key) => [key, add(one[key as Key], other[key as Key])] as const);
	return Object.fromEntries(entries) as Record<Key, number>;
}

function sum(one: number, other: number): number {
	return one + other;
}

function merged(one: Quantiles, other: Quantiles): Quantiles {
	const both = new Quantiles();
	both.merge(one);
	both.merge(other);
	return both;
}

function both(one: Totals, other: CellResult): Totals {
	return {
		requests: added(one.requests, other.requests, sum),
		warm: merged(one.warm, other.warm),
		cold: merged(one.cold, other.cold),
		changes: merged(one.changes, other.changes),
		coldStarts: one.coldStarts + other.coldStarts,
		utilisation: added(one.utilisation, other.utilisation, Math.max),
		processes: Math.max(one.processes, other.processes),
		etcdTransactions: one.etcdTransactions + other.etcdTransactions,
		watched: one.watched + other.watched,
		events: one.events + other.events,
	};
}

/** Simulates cells of equal size, each with apps of its own. @param onCell called after each cell */
export function simulateAll(of: Assumed, run: Run, onCell: (cell: number) => void = () => {}): Totals {
	const costs = costsOf(of, run.apps);
	let totals: Totals | undefined;
	for (let cell = 0; cell < run.cells; cell++) {
		const seed = (run.seed + cell * SEED_STEP) >>> 0;
		const result = simulateCell({ ...run, seed, apps: drawApps(run.apps, seed, of), costs });
		totals = totals === undefined ? result : both(totals, result);
		onCell(cell);
	}
	if (totals === undefined) throw new RangeError("There is no cell to simulate.");
	return totals;
}
