/**
 * Reads flat JSON and YAML. The YAML parser reads both, because it keeps lines, the spelling of numbers and names that
 * are there twice. JSON is checked by JSON's own parser first.
 */
import {
	isAlias,
	isMap,
	isScalar,
	isSeq,
	LineCounter,
	type Pair,
	parseDocument,
	type Scalar,
	visit,
	type YAMLMap,
	type YAMLSeq,
} from "yaml";
import { isSecretName } from "../../vault/syntax/secret-name.ts";
import { type Entry, type Fault, importError } from "./entries.ts";

/** The top of a file: a mapping, or a list. */
export type Top = YAMLMap | YAMLSeq;

/** A parsed file. */
export interface Structured {
	readonly top: Top;
	/** The 1-based line of a node. */
	lineOf(node: unknown): number;
}

const HINT = "An import reads one level of names with texts or numbers.";

/**
 * Parses a text.
 * @throws AppError `IMPORT_MALFORMED` (exit 2), without any text of the file
 */
export function parseStructured(path: string, text: string, kind: "json" | "yaml"): Structured {
	if (kind === "json") requireJson(path, text);
	const lines = new LineCounter();
	const refuse = (line: number, message: string, hint = HINT) =>
		importError(path, "IMPORT_MALFORMED", [{ line, message }], hint);
	const source = text.startsWith("\ufeff") ? text.slice(1) : text;
	const document = parsed(source, lines);
	if (document === undefined) throw refuse(1, "the file is nested too deeply");
	const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
	const [error] = document.errors;
	if (error) {
		const line = lineAt(error.pos[0]);
		if (error.code === "DUPLICATE_KEY")
			throw refuse(line, "the name is there twice", "Keep one of the two lines.");
		throw refuse(line, `this is not valid ${kind.toUpperCase()} (${error.code})`, "Correct the file.");
	}
	const top = document.contents;
	if (!isMap(top) && !isSeq(top)) throw refuse(1, "the file is no mapping of names to values");
	const lineOf = (node: unknown) => {
		const { range } = node as { range?: readonly number[] | null };
		return lineAt(range?.[0] ?? 0);
	};
	visit(document, {
		Alias: (_, node) => {
			throw refuse(lineOf(node), "this is an alias, and aliases are not read", "Write the value itself.");
		},
	});
	return { top, lineOf };
}

/** The largest number of open brackets, and of signs of nested lists on one line. */
const DEPTH_MAX = 500;
const NESTED_LINE = new RegExp(`^[ \\t]*(?:[-?:][ \\t]+){${DEPTH_MAX}}`, "m");

/**
 * Whether a text may be nested too deeply. It is looked at before it is parsed, because the parser's memory grows with
 * the depth. Brackets in texts count too.
 */
function isDeep(source: string): boolean {
	let depth = 0;
	for (let at = 0; at < source.length; at++) {
		const character = source.charAt(at);
		if (character === "[" || character === "{") depth++;
		else if ((character === "]" || character === "}") && depth > 0) depth--;
		if (depth > DEPTH_MAX) return true;
	}
	return NESTED_LINE.test(source);
}

/** @returns undefined if the text is nested too deeply */
function parsed(source: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> | undefined {
	if (isDeep(source)) return undefined;
	try {
		return parseDocument(source, { lineCounter, prettyErrors: false, uniqueKeys: true, merge: false });
	} catch (error) {
		if (error instanceof RangeError) return undefined;
		throw error;
	}
}

function requireJson(path: string, text: string): void {
	try {
		JSON.parse(text.replace(/^\ufeff/, ""));
	} catch (error) {
		if (!(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error;
		const position = /position (\d+)/.exec(error.message)?.[1];
		const before = text.slice(0, position === undefined ? 0 : Number(position));
		const line = before.split("\n").length;
		throw importError(
			path,
			"IMPORT_MALFORMED",
			[{ line, message: "this is not valid JSON" }],
			"Correct the file.",
		);
	}
}

/** The text of a scalar. A number or a truth value has the text that the file has. Undefined for null. */
export function textOf(scalar: Scalar): string | undefined {
	if (typeof scalar.value === "string") return scalar.value;
	return scalar.value === null || scalar.value === undefined
		? undefined
		: (scalar.source ?? String(scalar.value));
}

/**
 * The entries of a flat mapping.
 * @throws AppError `IMPORT_NESTED` (exit 2) that names each line with a list or a mapping, or without a value
 */
export function flatEntries(path: string, { top, lineOf }: Structured): Entry[] {
	const entries: Entry[] = [];
	const faults: Fault[] = [];
	if (isSeq(top)) faults.push({ line: lineOf(top), message: "the file is a list, and has no names" });
	for (const { key, value } of (isMap(top) ? top.items : []) as Pair<unknown, unknown>[]) {
		const line = lineOf(key);
		const name = isScalar(key) ? textOf(key) : undefined;
		const text = isScalar(value) && hasPlainTag(value) ? textOf(value) : undefined;
		if (name === undefined) faults.push({ line, message: "the name is not a text" });
		else if (text !== undefined) entries.push({ name, value: text, line });
		// JSON is often one line, so the line alone does not say which value is meant.
		else
			faults.push({ line, message: isSecretName(name) ? `${name}: ${reasonFor(value)}` : reasonFor(value) });
	}
	const [first, ...others] = faults;
	if (first)
		throw importError(path, "IMPORT_NESTED", [first, ...others], `${HINT} Write "" for an empty value.`);
	return entries;
}

function hasPlainTag({ tag }: Scalar): boolean {
	return tag === undefined || /^tag:yaml\.org,2002:(?:str|int|float|bool|null)$/.test(tag);
}

function reasonFor(value: unknown): string {
	if (isAlias(value)) return "the value is an alias";
	if (isMap(value) || isSeq(value)) return `the value is a ${isMap(value) ? "mapping" : "list"}, not a text`;
	return isScalar(value) && !hasPlainTag(value) ? "the value has a tag" : "there is no value";
}
