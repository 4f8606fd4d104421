/** Which function reads which secret, as a person reads it. */
import type { DynamicAccess, Known } from "../references/reference.ts";
import { styled } from "./render.ts";
import type { Terminal } from "./terminal.ts";

/** What is known of one function. */
export interface FunctionRow {
	function: string;
	dynamic: boolean;
	references: { name: string; file: string; line: number; how: Known; package?: string }[];
	/** The lines that make the function dynamic. */
	dynamicAccesses: DynamicAccess[];
	/** What an analysis on this machine had to do without. */
	warnings?: { file: string; line: number; message: string }[];
	/** Why nothing is known of it. */
	error?: { code: string; message: string; hint: string; exit: number; line?: number };
}

/** Prints each function with its references, and all warnings at the end. */
export function renderFunctions(functions: readonly FunctionRow[], terminal: Terminal): void {
	for (const row of functions) {
		terminal.line(row.function);
		if (row.error !== undefined) terminal.line(`  ${styled("red", "not analysed:")} ${row.error.message}`);
		else if (row.references.length === 0 && !row.dynamic) terminal.line("  reads no secret");
		terminal.table(rowsOf(row));
	}
	const warnings = warningRows(functions);
	if (warnings.length === 0) return;
	terminal.line();
	terminal.line(`${styled("yellow", "Warnings:")} the analysis had to do without this`);
	terminal.table(warnings);
}

function rowsOf({ references, dynamicAccesses }: FunctionRow): string[][] {
	const rows = references.map(({ name, file, line, how, package: from = "" }) => {
		// The package's column says whose file it is.
		const place = from !== "" && file.startsWith(`${from}/`) ? file.slice(from.length + 1) : file;
		return [`  ${name}`, `${place}:${line}`, how, from === file ? "" : from];
	});
	for (const { file, line, why } of dynamicAccesses)
		rows.push(["  (any)", `${file}:${line}`, `dynamic: ${why}`]);
	return rows.some((cells) => cells[3]) ? rows : rows.map((cells) => cells.slice(0, 3));
}

/** Each place once: functions share modules. */
function warningRows(functions: readonly FunctionRow[]): string[][] {
	const rows = new Map<string, string[]>();
	for (const { warnings = [] } of functions) {
		for (const { file, line, message } of warnings) {
			const cells = [`  ${file}:${line}`, message];
			rows.set(cells.join("\0"), cells);
		}
	}
	return [...rows.values()];
}
