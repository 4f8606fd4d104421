/** The forms that a value can have in files: unchanged, and as common tools encode it. Pure. */
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
export interface Encodings {
	/** Forms in which white space counts. */
	readonly exact: ReadonlyMap<string, Form>;
	/** Forms without white space. Tools break them over lines, so compare them with a file without its white space too. */
	readonly packed: ReadonlyMap<string, Form>;
	/** The value without its white space, for text that is wrapped or indented; undefined if it has none. */
	readonly unspaced: string | undefined;
}

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

/**
 * The forms of a value: raw, quoted for `.env` files and shells, JSON, URL, XML, base64 (both alphabets, with any
 * surrounding bytes), hex in both cases, and UTF-16. Bytes are latin1 text.
 */
export function encodingsOf(value: string): Encodings {
	const bytes = Buffer.from(value, "utf8");
	const exact = new Map<string, Form>();
	name(exact, "raw", [latin1(value)]);
	name(exact, "JSON", jsonEscaped(value).map(latin1));
	name(exact, "quoted", quoted(value).map(latin1));
	name(exact, "URL", urlEncoded(value).map(latin1));
	name(exact, "XML", xmlEscaped(value).map(latin1));
	// Windows shells write UTF-16.
	name(exact, "UTF-16", [Buffer.from(value, "utf16le").toString("latin1")]);
	const packed = new Map<string, Form>();
	const cores = base64Cores(bytes);
	const hex = bytes.toString("hex");
	name(packed, "base64", cores);
	name(
		packed,
		"base64url",
		cores.map((core) => core.replaceAll("+", "-").replaceAll("/", "_")),
	);
	name(packed, "hex", [hex, hex.toUpperCase()]);
	const unspaced = latin1(value.replace(WHITE_SPACE, ""));
	return { exact, packed, unspaced: unspaced === latin1(value) ? undefined : unspaced };
}
