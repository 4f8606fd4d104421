/** Compares what readers make of one `.env` file, name by name. */
import { isSecretName } from "../../vault/syntax/secret-name.ts";
import type { Dialect, Reading, ReadValue } from "./reading.ts";

/** What some of the readers have for a name. */
export type Outcome =
	| { readonly kind: "value"; readonly value: string; readonly line: number }
	| { readonly kind: "nothing" }
	/** The value depends on the environment of the reader's process. */
	| { readonly kind: "expands"; readonly needs: readonly string[]; readonly line: number }
	/** The reader runs a program to get the value. */
	| { readonly kind: "runs"; readonly line: number };

export interface Side {
	readonly readers: readonly Dialect[];
	readonly outcome: Outcome;
}

/** A name for which not all readers have the same. */
export interface Difference {
	readonly name: string;
	/** 1-based line at which a reader first sets the name. */
	readonly line: number;
	/** At least two. The side with the most readers comes first. */
	readonly sides: readonly Side[];
}

export interface ReaderAtLine {
	readonly reader: Dialect;
	/** 1-based. */
	readonly line: number;
}

export interface Comparison {
	/** Sorted by line. */
	readonly differences: readonly Difference[];
	/** Readers that refuse the whole file. They are on no side. */
	readonly refusals: readonly ReaderAtLine[];
	/** Lines that a reader runs as a program. */
	readonly runs: readonly ReaderAtLine[];
}

/** Reads a file as each of the readers does, and compares. Runs nothing, and asks no environment. */
export function compareReaders(source: string, dialects: readonly Dialect[]): Comparison {
	const readings = dialects.map((reader) => ({ reader, reading: reader.read(source) }));
	const accepting = readings.filter(({ reading }) => reading.refusal === undefined);
	const names = new Set(accepting.flatMap(({ reading }) => [...reading.values.keys()]).filter(isSecretName));
	const differences = [...names]
		.map((name) => differenceOf(name, accepting))
		.filter((difference) => difference !== undefined);
	return {
		differences: differences.sort((one, other) => one.line - other.line),
		refusals: readings.flatMap(({ reader, reading: { refusal } }) =>
			refusal === undefined ? [] : [{ reader, line: refusal.line }],
		),
		runs: accepting.flatMap(({ reader, reading }) => reading.runs.map((line) => ({ reader, line }))),
	};
}

interface ReaderAndReading {
	readonly reader: Dialect;
	readonly reading: Reading;
}

function differenceOf(name: string, readings: readonly ReaderAndReading[]): Difference | undefined {
	const sides = new Map<string, { readers: Dialect[]; outcome: Outcome }>();
	for (const { reader, reading } of readings) {
		const outcome = outcomeOf(reading.values.get(name));
		const key = JSON.stringify({ ...outcome, line: undefined });
		const side = sides.get(key);
		if (side === undefined) sides.set(key, { readers: [reader], outcome });
		else side.readers.push(reader);
	}
	if (sides.size < 2) return undefined;
	const lines = readings.map(({ reading }) => reading.values.get(name)?.line ?? Number.POSITIVE_INFINITY);
	return {
		name,
		line: Math.min(...lines),
		sides: [...sides.values()].sort((one, other) => other.readers.length - one.readers.length),
	};
}

/** What a reading has for a name. */
export function outcomeOf(found: ReadValue | undefined): Outcome {
	if (found === undefined) return { kind: "nothing" };
	const { line, needs, runs, value } = found;
	if (runs) return { kind: "runs", line };
	if (needs.length > 0) return { kind: "expands", needs: [...needs].sort(), line };
	return { kind: "value", value, line };
}
