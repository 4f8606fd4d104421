/** The report of `functions references`: each function's references, and the comparison with the vault. */

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
		/** A secret's name, or a prefix of names that ends with a star. */
		name: string;
		/** Empty if the reference was only observed at run time. */
		file: string;
		line: number;
		how: Known;
		/** The package whose code reads it: `npm:openai@4.2.0`. */
		package?: string;
		/** Whether the running version was observed to read it; left out if there are no observations. */
		seen?: boolean;
	}[];
	/** The locations that make the function dynamic. */
	dynamicAccesses: { file: string; line: number; why: string }[];
	/** The names that its function.jsonc excludes. */
	excluded?: string[];
	/** The modules and files that the local analysis could not include. */
	warnings?: { file: string; line: number; message: string }[];
	/** Why the function could not be analysed. */
	error?: { code: string; message: string; hint: string; exit: number; line?: number };
}

/** With `missing` and `unused` if the user asked for them. Stable. */
export interface ReferencesResult {
	functions: DescribedFunction[];
	missing?: Coverage["missing"];
	/** Left out if not all functions were analysed. */
	unused?: Coverage["unused"];
}

interface DescribableFunction extends CoveredFunction {
	readonly warnings?: readonly { file: string; line: number; message: string }[];
	readonly error?: DescribedFunction["error"];
}

/**
 * @param seen the variables that the function was observed to read; undefined if there are no observations
 */
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

/** The evidence of a reference: found in the code, observed at run time, or both. */
function evidence({ how, seen }: DescribedFunction["references"][number]): string {
	if (how === "observed") return "seen at run time, not in the code";
	const was = seen === undefined ? "" : seen ? ", seen at run time" : ", never seen at run time";
	return how + was;
}

function renderFunction(described: DescribedFunction, terminal: Terminal): void {
	terminal.line(described.function);
	const rows = described.references.map((reference) => {
		const { file, line, name, package: from = "" } = reference;
		// Another column shows the package, so its path is left out here.
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
	terminal.line(`${styled("yellow", "Warnings:")} the analysis could not include`);
	terminal.table(warnings);
}

/** One row for each location, because functions share modules. */
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

/** Prints the names that are read and not in the vault, and the secrets that no function reads. */
export function renderMissing({ missing = [], unused }: ReferencesResult, terminal: Terminal): void {
	if (missing.length > 0) terminal.line(styled("bold", "Read, but not in the vault"));
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
		terminal.line(styled("bold", "In the vault, but no function reads it by name"));
		for (const name of unused) terminal.line(`  ${name}`);
	}
	if (missing.length === 0 && (unused?.length ?? 0) === 0)
		terminal.line(
			`Every name that is read is in the vault${unused === undefined ? "" : ", and every secret is read"}.`,
		);
}

/**
 * `2 names are read but not in the vault; 1 secret is not read by name.` Empty if nothing is missing or
 * unused.
 */
export function missingSentence({ missing = [], unused = [] }: ReferencesResult): string {
	const parts: string[] = [];
	if (missing.length > 0)
		parts.push(`${count(missing.length, "name is", "names are")} read but not in the vault`);
	if (unused.length > 0)
		parts.push(`${count(unused.length, "secret is", "secrets are")} not read by any function by name`);
	return parts.length === 0 ? "" : `${parts.join("; ")}.`;
}
