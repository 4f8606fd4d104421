/** What `functions references` reports of each function, and of all functions and the vault together. */

import { matches } from "../../references/evidence/name-pattern.ts";
import { packageOf } from "../../references/evidence/package.ts";
import type { Known } from "../../references/evidence/reference.ts";
import type { Coverage, CoveredFunction } from "../../references/plan/coverage.ts";
import { count, styled } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";

/** One function. Stable: other programs rely on it. */
export interface DescribedFunction {
	function: string;
	dynamic: boolean;
	references: {
		/** A secret's name, or the beginning of names and a star. */
		name: string;
		/** Empty where it was only seen at run time. */
		file: string;
		line: number;
		how: Known;
		/** The package that reads it by itself: `npm:openai@4.2.0`. */
		package?: string;
		/** Whether its present version was seen to read it; left out where nothing was seen of it. */
		seen?: boolean;
	}[];
	/** The lines that make the function dynamic. */
	dynamicAccesses: { file: string; line: number; why: string }[];
	/** What its function.jsonc keeps from it. */
	excluded?: string[];
	/** What an analysis without a platform went on without. */
	warnings?: { file: string; line: number; message: string }[];
	/** Why it could not be analysed. */
	error?: { code: string; message: string; hint: string; exit: number; line?: number };
}

/** With `missing` and `unused` where they were asked for. Stable, too. */
export interface ReferencesResult {
	functions: DescribedFunction[];
	missing?: Coverage["missing"];
	/** Left out where not all functions were looked at. */
	unused?: Coverage["unused"];
}

interface DescribableFunction extends CoveredFunction {
	readonly warnings?: readonly { file: string; line: number; message: string }[];
	readonly error?: DescribedFunction["error"];
}

/** @param seen the variables that were seen, undefined where nothing can be said */
export function describeFunction(
	{ name, references, dynamic, excluded = [], warnings, error }: DescribableFunction,
	seen: readonly string[] | undefined,
): DescribedFunction {
	const isSeen = (reference: string) => seen?.some((variable) => matches(reference, variable));
	return {
		function: name,
		dynamic: dynamic.length > 0,
		references: references.map(({ name: read, file, line, how }) => {
			const from = packageOf(file);
			const was = isSeen(read);
			return {
				name: read,
				file,
				line,
				how,
				...(from !== undefined && { package: from }),
				...(was !== undefined && { seen: was }),
			};
		}),
		dynamicAccesses: [...dynamic],
		...(excluded.length > 0 && { excluded: [...excluded] }),
		...(warnings !== undefined && { warnings: [...warnings] }),
		...(error !== undefined && { error }),
	};
}

/** How it is known, in words: found in the code, seen to be read, both, or found and never seen. */
function evidence({ how, seen }: DescribedFunction["references"][number]): string {
	if (how === "observed") return "seen at run time, not in the code";
	const was = seen === undefined ? "" : seen ? ", seen at run time" : ", never seen at run time";
	return how + was;
}

function renderFunction(described: DescribedFunction, terminal: Terminal): void {
	terminal.line(described.function);
	const rows = described.references.map((reference) => {
		const { file, line, name, package: from = "" } = reference;
		// The package's column says whose file it is.
		const place = from !== "" && file.startsWith(`${from}/`) ? file.slice(from.length + 1) : file;
		return [
			`  ${name}`,
			place === "" ? "" : `${place}:${line}`,
			evidence(reference),
			from === file ? "" : from,
		];
	});
	for (const { file, line, why } of described.dynamicAccesses)
		rows.push(["  (any)", `${file}:${line}`, `dynamic: ${why}`]);
	for (const name of described.excluded ?? []) rows.push([`  ${name}`, "", "excluded by its function.jsonc"]);
	if (described.error !== undefined)
		terminal.line(`  ${styled("red", "not analysed:")} ${described.error.message}`);
	else if (rows.length === 0) terminal.line("  reads no secret");
	terminal.table(rows.some((cells) => cells[3]) ? rows : rows.map((cells) => cells.slice(0, 3)));
}

export function renderFunctions(functions: readonly DescribedFunction[], terminal: Terminal): void {
	for (const described of functions) renderFunction(described, terminal);
	const warnings = warningRows(functions);
	if (warnings.length === 0) return;
	terminal.line();
	terminal.line(`${styled("yellow", "Warnings:")} the analysis had to do without this`);
	terminal.table(warnings);
}

/** Each place once: functions share modules. */
function warningRows(functions: readonly DescribedFunction[]): string[][] {
	const rows = new Map<string, string[]>();
	for (const { warnings = [] } of functions) {
		for (const { file, line, message } of warnings) {
			const cells = [`  ${file}:${line}`, message];
			rows.set(cells.join("\0"), cells);
		}
	}
	return [...rows.values()];
}

/** What is read and not there, and what is there and not read. */
export function renderMissing({ missing = [], unused }: ReferencesResult, terminal: Terminal): void {
	if (missing.length > 0) terminal.line(styled("bold", "Read, and not in the vault"));
	terminal.table(
		missing.flatMap(({ name, places }) =>
			places.map((place, index) => [
				`  ${index === 0 ? name : ""}`,
				place.function,
				`${place.file}:${place.line}`,
			]),
		),
	);
	if (unused !== undefined && unused.length > 0) {
		terminal.line(styled("bold", "In the vault, and read by no function by name"));
		for (const name of unused) terminal.line(`  ${name}`);
	}
	if (missing.length === 0 && (unused?.length ?? 0) === 0)
		terminal.line(
			`Every name that is read is in the vault${unused === undefined ? "" : ", and every secret is read"}.`,
		);
}

/** `2 names are read and not in the vault; 1 secret is read by no function.` Empty where all is well. */
export function missingSentence({ missing = [], unused = [] }: ReferencesResult): string {
	const parts: string[] = [];
	if (missing.length > 0)
		parts.push(`${count(missing.length, "name is", "names are")} read and not in the vault`);
	if (unused.length > 0)
		parts.push(`${count(unused.length, "secret is", "secrets are")} read by no function by name`);
	return parts.length === 0 ? "" : `${parts.join("; ")}.`;
}
