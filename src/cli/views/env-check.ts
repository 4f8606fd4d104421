/** The report of `secrets check`: what readers of `.env` files make of a file. */
import { type Comparison, type Outcome, outcomeOf } from "../../dotenv/dialects/compare.ts";
import { describeSides } from "../../dotenv/dialects/describe.ts";
import type { Dialect } from "../../dotenv/dialects/reading.ts";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { maskValue } from "../../vault/syntax/mask.ts";
import { isSecretName } from "../../vault/syntax/secret-name.ts";
import type { Terminal } from "../shell/terminal.ts";

export interface SideReport {
	/** Names as `--dialect` takes them. */
	readonly readers: readonly string[];
	readonly kind: Outcome["kind"];
	/** What these readers have, without the value. */
	readonly description: string;
	/** With `--reveal`, for the kind `value`. */
	readonly value?: string;
}

interface ReaderLine {
	readonly reader: string;
	readonly line: number;
}

/** Stable: other programs rely on it. */
export interface CheckReport {
	readonly file: string;
	readonly readers: readonly string[];
	readonly differences: readonly {
		readonly line: number;
		readonly name: string;
		readonly sides: readonly SideReport[];
	}[];
	/** Readers that refuse the file, and at which line. */
	readonly refusals: readonly ReaderLine[];
	/** Lines that a reader runs as a program. */
	readonly runs: readonly ReaderLine[];
}

/** What one reader reads. Stable: other programs rely on it. */
export interface ReadingReport {
	readonly file: string;
	readonly reader: string;
	readonly refusedAtLine?: number;
	readonly values: readonly {
		readonly line: number;
		readonly name: string;
		readonly kind: Outcome["kind"];
		/** For the kind `expands`: names in the environment. */
		readonly needs?: readonly string[];
		readonly masked?: string;
		readonly value?: string;
	}[];
}

export type CheckResult = CheckReport | ReadingReport;

/** @param reveals whether the report has the values */
export function reportComparison(
	file: string,
	readers: readonly Dialect[],
	{ differences, refusals, runs }: Comparison,
	reveals: boolean,
): CheckReport {
	const atLine = ({ reader, line }: { reader: Dialect; line: number }) => ({ reader: reader.name, line });
	return {
		file,
		readers: readers.map(({ name }) => name),
		differences: differences.map(({ line, name, sides }) => {
			const clauses = describeSides(sides);
			const reports = sides.map(({ readers: alike, outcome }, index) => ({
				readers: alike.map((reader) => reader.name),
				kind: outcome.kind,
				description: clauses[index] ?? "",
				...(reveals && outcome.kind === "value" ? { value: outcome.value } : {}),
			}));
			return { line, name, sides: reports };
		}),
		refusals: refusals.map(atLine),
		runs: runs.map(atLine),
	};
}

/** @param reveals whether the report has the values */
export function reportReading(file: string, reader: Dialect, text: string, reveals: boolean): ReadingReport {
	const { refusal, values } = reader.read(text);
	const rows = [...values].filter(([name]) => isSecretName(name));
	return {
		file,
		reader: reader.name,
		...(refusal === undefined ? {} : { refusedAtLine: refusal.line }),
		values: rows.map(([name, found]) => {
			const outcome = outcomeOf(found);
			const row = { line: found.line, name, kind: outcome.kind };
			if (outcome.kind === "expands") return { ...row, needs: outcome.needs };
			if (outcome.kind !== "value") return row;
			return { ...row, ...(reveals ? { value: outcome.value } : { masked: maskValue(outcome.value) }) };
		}),
	};
}

/** Whether all readers read the file, and read the same. */
export function isAgreed({ differences, refusals, runs }: CheckReport): boolean {
	return differences.length + refusals.length + runs.length === 0;
}

/** The error that gives the command its exit status. The report is its data. */
export function checkError(report: CheckResult): AppError {
	const shown = printable(report.file, 200);
	if (!("differences" in report)) {
		const line = report.refusedAtLine ?? 1;
		return new AppError({
			code: "ENV_FILE_REFUSED",
			message: `${report.reader} refuses ${shown} at line ${line}, and reads nothing of it.`,
			hint: `Change the line. 'coffer secrets check ${shown}' shows what other readers make of it.`,
			exit: EXIT.failure,
			line,
			data: report,
		});
	}
	const { differences } = report;
	return new AppError({
		code: "ENV_FILE_AMBIGUOUS",
		message: `Not all readers read ${shown} alike.`,
		hint: "Quote or change these lines, or compare only the readers that you use: --dialect NAME --dialect NAME.",
		exit: EXIT.failure,
		names: differences.map(({ name }) => name),
		data: report,
	});
}

export function renderCheck(report: CheckReport, terminal: Terminal): void {
	for (const { line, name, sides } of report.differences) {
		terminal.line(`line ${line}, ${name}`);
		for (const { readers, description, value } of sides) {
			if (value === undefined) terminal.paragraph(`  ${readers.join(", ")}: ${description}`, "    ");
			else terminal.raw(`  ${readers.join(", ")}: ${JSON.stringify(value)}\n`);
		}
	}
	for (const { reader, line } of report.refusals)
		terminal.line(`line ${line}: ${reader} refuses the file here, and reads nothing of it`);
	for (const { reader, line } of report.runs)
		terminal.line(`line ${line}: ${reader} runs this line as a program`);
	if (isAgreed(report)) terminal.line(`All ${report.readers.length} readers read it alike.`);
}

export function renderReading(report: ReadingReport, terminal: Terminal): void {
	for (const { line, name, kind, masked, needs = [], value } of report.values) {
		if (value !== undefined) terminal.raw(`line ${line}, ${name}: ${JSON.stringify(value)}\n`);
		else if (kind === "expands")
			terminal.line(
				`line ${line}, ${name}: a value with ${needs.map((need) => `$${need}`).join(", ")} from the environment`,
			);
		else if (kind === "runs") terminal.line(`line ${line}, ${name}: what a program prints, which it runs`);
		else terminal.line(`line ${line}, ${name}: ${masked ?? ""}`);
	}
	if (report.values.length === 0 && report.refusedAtLine === undefined) terminal.line("It reads nothing.");
}
