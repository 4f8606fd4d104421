/**
 * Which functions a change of secrets concerns, why, and which it leaves alone. PURE.
 */

import { isPrefix, matches } from "../evidence/name-pattern.ts";
import type { How, Reads } from "../evidence/reference.ts";
import { Granted } from "./granted.ts";

/** A secret that has another value, or none any more. */
export interface SecretChange {
	readonly name: string;
	readonly kind: "set" | "deleted";
}

export interface PlannedFunction extends Reads {
	/** Unique in the input. */
	readonly name: string;
}

/** Why a function is redeployed: the changed secret, and where the function reads it. */
export interface Reason {
	name: string;
	file: string;
	/** 1-based. */
	line: number;
	/** `dynamic`: the place could read any name, this one too. */
	how: How;
}

export interface Plan {
	/** Sorted by function; reasons by name, file, line, how. */
	redeploy: { function: string; reasons: Reason[] }[];
	/** Sorted. */
	untouched: string[];
}

/** By UTF-16 code units: the same order everywhere, whatever the locale. */
function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

interface SourceLocation {
	file: string;
	line: number;
}

function compareLocations(a: SourceLocation, b: SourceLocation): number {
	return compareText(a.file, b.file) || a.line - b.line;
}

function compareReasons(a: Reason, b: Reason): number {
	return compareText(a.name, b.name) || compareLocations(a, b) || compareText(a.how, b.how);
}

/** The changed secrets that a reference reads: one at the most, unless it is a prefix. */
function changedBy(reference: string, changed: ReadonlySet<string>): string[] {
	if (isPrefix(reference)) return [...changed].filter((name) => matches(reference, name));
	return changed.has(reference) ? [reference] : [];
}

/** The first place for each changed name and each way in which it is known; none where nothing concerns the function. */
function reasonsFor(reads: Reads, all: ReadonlySet<string>): Reason[] {
	const { references, dynamic } = reads;
	const granted = new Granted(reads);
	const changed = new Set([...all].filter((name) => granted.has(name)));
	const reasons: Reason[] = [];
	const told = new Set<string>();
	for (const { name, file, line, how } of references.toSorted(compareLocations)) {
		for (const read of changedBy(name, changed)) {
			const key = `${how} ${read}`;
			if (told.has(key)) continue;
			told.add(key);
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
 * Decides what a change redeploys: every function that references a changed name, or that may read any.
 * The order of the input does not matter; a name may be there twice.
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
 * The part of the secrets that a function gets: the names that it references, or all if it may read any; not what was excluded.
 * In the order of `secrets`; names that there are no secrets for are left out.
 */
export function environmentFor<T>(reads: Reads, secrets: ReadonlyMap<string, T>): Map<string, T> {
	const granted = new Granted(reads);
	return new Map([...secrets].filter(([name]) => granted.has(name)));
}
