/**
 * The forms that a value can have in files and in output: unchanged, and as common tools encode it. Pure. A leaf.
 *
 * It is the one list of them: `coffer scan`, the pre-commit hook, the output of `coffer run` and that of functions use
 * it.
 */
import { Buffer } from "node:buffer";

/** How a value is written. */
export type Form =
	| "raw"
	| "quoted"
	| "JSON"
	| "URL"
	| "XML"
	| "UTF-16"
	| "base64"
	| "base64url"
	| "hex"
	| "other white space";

/** The forms of one value: texts with the names of the forms. */
interface Forms {
	/** Forms in which white space counts. */
	readonly exact: ReadonlyMap<string, Form>;
	/** Forms without white space. Tools break them over lines, so compare them with a file without its white space too. */
	readonly packed: ReadonlyMap<string, Form>;
}

/** The forms of one value as bytes, which are latin1 text. */
export interface Encodings extends Forms {
	/** The value without its white space, for text that is wrapped or indented; undefined if it has none. */
	readonly unspaced: string | undefined;
}

/** Values in which no tool escapes a character. */
const UNESCAPED = /^[\w.~-]*$/;
const WHITE_SPACE = /[ \t\r\n]/g;

/** The part of a value's base64 that does not depend on the surrounding bytes, for each of the three alignments. */
function base64Cores(bytes: Buffer): string[] {
	return [0, 1, 2].map((before) => {
		const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
		const from = Math.ceil((before * 8) / 6);
		return text.slice(from, Math.floor(((before + bytes.length) * 8) / 6));
	});
}

function urlEncoded(value: string): string[] {
	// A lone surrogate has no UTF-8 form, and a vault contains none.
	if (/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(value)) return [];
	const strict = encodeURIComponent(value);
	const all = strict.replace(
		/[!'()*]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
	);
	const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
	const form = all.replaceAll("%20", "+");
	return [strict, all, encodeURI(value), form].flatMap((text) => [text, lower(text)]);
}

function asciiJson(text: string): string {
	return text.replace(
		/[\u0080-\uFFFF]/g,
		(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

/** JSON as JavaScript, Python, PHP and Go write it. */
function jsonEscaped(value: string): string[] {
	const json = JSON.stringify(value).slice(1, -1);
	const go = json.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
	return [json, asciiJson(json), json.replaceAll("/", "\\/"), asciiJson(json.replaceAll("/", "\\/")), go];
}

/** Quoted as in `.env` files and shells. */
function quoted(value: string): string[] {
	const newlines = value.replaceAll("\r", "\\r").replaceAll("\n", "\\n");
	return [
		newlines,
		newlines.replaceAll('"', '\\"'),
		value.replaceAll('"', '\\"'),
		value.replace(/[\\"$`]/g, "\\$&"),
		value.replaceAll("'", "'\\''"),
		value.replaceAll("\n", "\r\n"),
	];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML and HTML, with each of the usual ways to write quotes. */
function xmlEscaped(value: string): string[] {
	const text = value.replace(/[&<>]/g, (character) => ENTITIES[character] ?? "");
	const attribute = value.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
	return [text, attribute, ...["&#39;", "&apos;", "&#x27;"].map((quote) => attribute.replaceAll("'", quote))];
}

/** Bytes as latin1 text: one character is one byte. */
function latin1(text: string): string {
	return Buffer.from(text, "utf8").toString("latin1");
}

/** Adds texts, unless they have a name already: the first name counts. */
function name(forms: Map<string, Form>, form: Form, texts: readonly string[]): void {
	for (const text of texts) if (!forms.has(text)) forms.set(text, form);
}

function inBase64Url(text: string): string {
	return text.replaceAll("+", "-").replaceAll("/", "_");
}

/** The forms as text: raw, quoted for `.env` files and shells, JSON, URL, XML, base64 and hex. */
function formsOf(value: string): Forms {
	const bytes = Buffer.from(value, "utf8");
	const exact = new Map<string, Form>();
	name(exact, "raw", [value]);
	if (!UNESCAPED.test(value)) {
		name(exact, "JSON", jsonEscaped(value));
		name(exact, "quoted", quoted(value));
		name(exact, "URL", urlEncoded(value));
		name(exact, "XML", xmlEscaped(value));
	}
	const packed = new Map<string, Form>();
	const cores = base64Cores(bytes);
	const hex = bytes.toString("hex");
	name(packed, "base64", cores);
	name(packed, "base64url", cores.map(inBase64Url));
	name(packed, "hex", [hex, hex.toUpperCase()]);
	return { exact, packed };
}

/** Windows shells write UTF-16. */
function utf16(value: string): string {
	return Buffer.from(value, "utf16le").toString("latin1");
}

/**
 * The forms of a value: raw, quoted for `.env` files and shells, JSON, URL, XML, base64 (both alphabets, with any
 * surrounding bytes), hex in both cases, and UTF-16. Bytes are latin1 text.
 */
export function encodingsOf(value: string): Encodings {
	const { exact: texts, packed } = formsOf(value);
	const exact = new Map<string, Form>();
	for (const [text, form] of texts) name(exact, form, [latin1(text)]);
	name(exact, "UTF-16", [utf16(value)]);
	const unspaced = latin1(value.replace(WHITE_SPACE, ""));
	return { exact, packed, unspaced: unspaced === latin1(value) ? undefined : unspaced };
}

/**
 * The texts that are replaced in output, for a value: each of its forms, each of its lines, and its base64 up to the
 * last character. (That depends on what follows, so files are searched for the part before it.)
 */
export function replacedForms(value: string): string[] {
	const { exact, packed } = formsOf(value);
	const base64 = Buffer.from(value, "utf8").toString("base64").replace(/=+$/, "");
	const lines = value.split(/\r?\n/);
	return [...new Set([...exact.keys(), ...packed.keys(), base64, inBase64Url(base64), ...lines])];
}

/** As `replacedForms`, for output that is read as bytes: latin1 text, UTF-16 too. */
export function replacedBytes(value: string): string[] {
	return [...replacedForms(value).map(latin1), utf16(value)];
}
