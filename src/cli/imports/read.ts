/** Reads the entries of a file for `coffer import`. */
import { isMap, isScalar, isSeq } from "yaml";
import type { Dialect } from "../../dotenv/dialects/reading.ts";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { readDotenvx } from "./dotenvx.ts";
import { type Entry, type Fault, importError } from "./entries.ts";
import { readAgreedText, readTextAs } from "./env-text.ts";
import { formOf, type Kind } from "./kinds.ts";
import { flatEntries, parseStructured, type Structured, textOf } from "./structured.ts";
import { readVercel, requireNoPlaceholders } from "./vercel.ts";

function refused(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint: `${hint} Nothing was changed.`, exit: EXIT.usage });
}

/**
 * Reads a text.
 * @param dialect the reader that the user names; undefined for none
 * @throws AppError exit 2 for everything that is not a plain list of names and values
 */
export function readEntries(path: string, text: string, kind: Kind, dialect: Dialect | undefined): Entry[] {
	const form = kind === "json" || kind === "yaml" ? kind : kind === "dotenv" ? "env" : formOf(path, text);
	if (kind === "sops") throw sopsRefusal(path);
	if (kind === "supabase") requireNoDigests(path, text, form);
	if (form !== "env") return structuredEntries(path, parseStructured(path, text, form), kind);
	if (kind === "dotenvx") return readDotenvx(path, text);
	const entries = envEntries(path, text, kind, dialect);
	requireNoReferences(path, entries);
	if (kind === "vercel") requireNoPlaceholders(path, entries);
	return entries;
}

function envEntries(path: string, text: string, kind: Kind, dialect: Dialect | undefined): Entry[] {
	if (dialect !== undefined) return readTextAs(dialect, path, text);
	return kind === "vercel" ? readVercel(path, text) : readAgreedText(path, text);
}

function sopsRefusal(path: string): AppError {
	const shown = path === "standard input" ? "FILE" : printable(path, 200);
	return refused(
		"IMPORT_ENCRYPTED",
		`${printable(path, 200)} is encrypted by SOPS.`,
		`Pipe what SOPS decrypts: sops decrypt ${shown} | coffer import -`,
	);
}

/** `supabase secrets list` prints digests, from which no value can be had. */
function requireNoDigests(path: string, text: string, form: string): void {
	if (form === "env" && !/^\s*NAME\s*[|\u2502]/m.test(text)) return;
	throw refused(
		"IMPORT_DIGESTS",
		`${printable(path, 200)} has digests of secrets, not their values. Supabase returns no values.`,
		"Import the .env file from which the secrets were set, such as supabase/functions/.env.",
	);
}

/** `op://…` names an item of 1Password. */
function requireNoReferences(path: string, entries: readonly Entry[]): void {
	const faults = entries
		.filter(({ value }) => /^op:\/\//.test(value))
		.map(({ line }) => ({ line, message: "the value is a reference to 1Password, not a secret" }));
	const [first, ...others] = faults;
	if (first === undefined) return;
	const shown = path === "standard input" ? "FILE" : printable(path, 200);
	const hint = `Pipe what 1Password puts in their place: op inject --in-file ${shown} | coffer import -`;
	throw importError(path, "IMPORT_REFERENCES", [first, ...others], hint);
}

function structuredEntries(path: string, structured: Structured, kind: Kind): Entry[] {
	const { top } = structured;
	if (kind === "infisical" && isSeq(top)) return listedEntries(path, structured, top.items, INFISICAL);
	if (kind !== "1password") return flatEntries(path, structured);
	const fields = isMap(top) ? top.get("fields") : undefined;
	if (isSeq(fields)) return listedEntries(path, structured, fields.items, ONE_PASSWORD);
	throw refused(
		"IMPORT_MALFORMED",
		`${printable(path, 200)} is no item of 1Password: it has no list of fields.`,
		"Export it with: op item get NAME --format json",
	);
}

/** The keys of an object in a list that has a name and a value. */
interface Shape {
	readonly names: readonly string[];
	readonly values: readonly string[];
	/** Whether objects without a value are left out. */
	readonly skipsEmpty: boolean;
}

const INFISICAL: Shape = { names: ["secretKey", "key"], values: ["secretValue", "value"], skipsEmpty: false };
const ONE_PASSWORD: Shape = { names: ["label"], values: ["value"], skipsEmpty: true };

function listedEntries(
	path: string,
	{ lineOf }: Structured,
	items: readonly unknown[],
	shape: Shape,
): Entry[] {
	const entries: Entry[] = [];
	const faults: Fault[] = [];
	for (const item of items) {
		const name = fieldOf(item, shape.names);
		const value = fieldOf(item, shape.values);
		if (name !== undefined && value !== undefined) entries.push({ name, value, line: lineOf(item) });
		else if (!shape.skipsEmpty) faults.push({ line: lineOf(item), message: "there is no name or no value" });
	}
	const [first, ...others] = faults;
	if (first) throw importError(path, "IMPORT_MALFORMED", [first, ...others], "Correct the file.");
	return entries;
}

function fieldOf(item: unknown, keys: readonly string[]): string | undefined {
	if (!isMap(item)) return undefined;
	for (const key of keys) {
		const node = item.get(key, true);
		if (isScalar(node)) return textOf(node);
	}
	return undefined;
}
