/** Decides which functions a change of secrets affects, with the reasons, and which it does not affect. Pure. */

import { isPrefix, matches } from "../evidence/name-pattern.ts";
import { compareLocations, compareText, type Location } from "../evidence/order.ts";
import { packageOf } from "../evidence/package.ts";
import type { How, Reads } from "../evidence/reference.ts";
import { Granted } from "./granted.ts";

/** A secret that has a new value, or that was deleted. */
export interface SecretChange {
	readonly name: string;
	readonly kind: "set" | "deleted";
}

export interface PlannedFunction extends Reads {
	/** Unique in the input. */
	readonly name: string;
}

/** The reason why a function is redeployed: the changed secret, and the location of the read. */
export interface Reason {
	name: string;
	file: string;
	/** 1-based. */
	line: number;
	/** `dynamic`: the access at this location may read any name. */
	how: How;
}

export interface Plan {
	/** Sorted by function; reasons by name, own code before packages, file, line and `how`. */
	redeploy: { function: string; reasons: Reason[] }[];
	/** Sorted. */
	untouched: string[];
}

/** Code of the function comes first, because its author can look there. Then come packages, then reads without a location. */
function distanceOf({ file }: Location): number {
	if (file === "") return 2;
	return packageOf(file) === undefined ? 0 : 1;
}

function compareEvidence(a: Location, b: Location): number {
	return distanceOf(a) - distanceOf(b) || compareLocations(a, b);
}

function compareReasons(a: Reason, b: Reason): number {
	return compareText(a.name, b.name) || compareEvidence(a, b) || compareText(a.how, b.how);
}

/** The changed secrets that a reference reads: at most one, unless it is a prefix pattern. */
function changedBy(reference: string, changed: ReadonlySet<string>): string[] {
	if (isPrefix(reference)) return [...changed].filter((name) => matches(reference, name));
	return changed.has(reference) ? [reference] : [];
}

/** The first location for each changed name and each `how`. Empty if the change does not affect the function. */
function reasonsFor(reads: Reads, all: ReadonlySet<string>): Reason[] {
	const { references, dynamic } = reads;
	const granted = new Granted(reads);
	const changed = new Set([...all].filter((name) => granted.has(name)));
	const reasons: Reason[] = [];
	const reported = new Set<string>();
	for (const { name, file, line, how } of references.toSorted(compareEvidence)) {
		for (const read of changedBy(name, changed)) {
			const key = `${how} ${read}`;
			if (reported.has(key)) continue;
			reported.add(key);
			reasons.push({ name: read, file, line, how });
		}
	}
	const [access] = dynamic.toSorted(compareLocations);
	if (access !== undefined) {
		const { file, line } = access;
		for (const name of changed) reasons.push({ name, file, line, how: "dynamic" });
	}
	return reasons.sort(compareReasons);
}

/**
 * Decides what a change redeploys: every function that reads a changed name, or may read any. The order of
 * the input does not matter, and a changed name may occur twice.
 */
export function plan(input: {
	changes: readonly SecretChange[];
	functions: readonly PlannedFunction[];
}): Plan {
	const changed = new Set(input.changes.map((change) => change.name));
	const redeploy: Plan["redeploy"] = [];
	const untouched: string[] = [];
	for (const planned of input.functions.toSorted((a, b) => compareText(a.name, b.name))) {
		const reasons = reasonsFor(planned, changed);
		if (reasons.length === 0) untouched.push(planned.name);
		else redeploy.push({ function: planned.name, reasons });
	}
	return { redeploy, untouched };
}

/**
 * The secrets that a function gets: those that it reads, or all if it is dynamic, without excluded ones.
 * @returns a part of `secrets`, in the same order
 */
export function environmentFor<T>(reads: Reads, secrets: ReadonlyMap<string, T>): Map<string, T> {
	const granted = new Granted(reads);
	return new Map([...secrets].filter(([name]) => granted.has(name)));
}
